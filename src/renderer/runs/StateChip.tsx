import type { RunState } from '../../protocol/workbench.ts'
import { Chip, type ChipProps } from '../ui/Chip.tsx'

const LOOKS: Readonly<Record<RunState, ChipProps['kind']>> = {
  waiting: 'plain',
  running: 'accent',
  pausing: 'warn',
  paused: 'warn',
  stopping: 'warn',
  completed: 'good',
  stopped: 'plain',
  cancelled: 'plain',
  failed: 'bad',
  interrupted: 'bad',
}

/** The words of the bar above, in which a run is queued and done as well. */
const WORDS: Partial<Record<RunState, string>> = { waiting: 'queued', completed: 'done' }

/** How a run is, in its word and colour. */
export function StateChip({ state }: { readonly state: RunState }) {
  return (
    <Chip kind={LOOKS[state]} dot={state === 'running' ? 'pulse' : true}>
      {WORDS[state] ?? state}
    </Chip>
  )
}
