import type { EngineState, PluginState } from '../../protocol/workbench.ts'
import { useSession } from '../state/index.ts'
import { Chip, type ChipProps } from '../ui/Chip.tsx'
import { Tooltip } from '../ui/Tooltip.tsx'
import styles from './EngineChip.module.css'

interface Said {
  readonly text: string
  readonly more: string
  readonly kind: ChipProps['kind']
  readonly dot: ChipProps['dot']
}

function say(engine: EngineState, plugin: PluginState): Said {
  if (engine.state === 'crashed')
    return { text: 'Engine crashed', more: engine.reason, kind: 'bad', dot: true }
  if (plugin.state === 'fetching')
    return { text: 'Fetching XLA', more: plugin.what, kind: 'accent', dot: 'pulse' }
  if (plugin.state === 'missing') return { text: 'No XLA', more: plugin.problem, kind: 'warn', dot: true }
  switch (engine.state) {
    case 'off':
      return { text: 'Engine off', more: 'It starts with the first run.', kind: 'plain', dot: true }
    case 'starting':
      return { text: 'Engine starting', more: 'It is there in a moment.', kind: 'accent', dot: 'pulse' }
    case 'ready':
      return { text: 'Engine ready', more: 'XLA is loaded; nothing runs.', kind: 'good', dot: true }
    case 'busy':
      return { text: 'Engine busy', more: 'It runs a graph.', kind: 'accent', dot: 'pulse' }
  }
}

/** The state of what computes. */
export function EngineChip() {
  const engine = useSession(s => s.engine)
  const plugin = useSession(s => s.plugin)
  const { text, more, kind, dot } = say(engine, plugin)
  return (
    <Tooltip text={`${text}\n${more}`}>
      <span role="status" className={styles.slot}>
        <Chip kind={kind} dot={dot}>
          <span className={styles.word}>{text}</span>
        </Chip>
      </span>
    </Tooltip>
  )
}
