import {
  Check,
  CircleAlert,
  CircleStop,
  Clock,
  History,
  LoaderCircle,
  Minus,
  Pause,
  Play,
  Unplug,
  Zap,
} from 'lucide-react'
import type { CSSProperties } from 'react'
import { shownRun, useDocument, usePlan, useRuns } from '../state/index.ts'
import { isLive } from '../state/run-reducer.ts'
import { pathOf } from '../state/scope.ts'
import { planKey, readPlan } from './plan-status.ts'
import styles from './StatusChip.module.css'
import { readStatus, type Status, statusKey } from './status.ts'

const ICONS = {
  waiting: Clock,
  running: LoaderCircle,
  paused: Pause,
  cached: Zap,
  done: Check,
  failed: CircleAlert,
  stale: History,
  stopped: CircleStop,
  interrupted: Unplug,
  planned: Play,
  kept: Zap,
  unread: Minus,
} as const

/** The node's path, as runs know it. */
export const usePath = (node: string): string => useDocument(state => pathOf(state, node))

/** While a plan is shown, and nothing runs, what the next run would do; else what the shown run did. */
function useStatus(node: string): Status | null {
  const path = usePath(node)
  // What is edited in a subgraph makes the node stale that uses it.
  const outer = path.split('/', 1)[0]!
  const live = useRuns(state => {
    const run = shownRun(state)
    return run !== null && isLive(run.info)
  })
  const planned = usePlan(state => (state.nodes.length > 0 ? planKey(state, path) : null))
  const ran = useRuns(state => statusKey(shownRun(state), path, state.stale.has(outer)))
  return live || planned === null ? readStatus(ran) : readPlan(planned)
}

function Chip({ status }: { readonly status: Status }) {
  const Icon = ICONS[status.state]
  return (
    <span className={styles.chip} data-state={status.state} title={status.more || status.text}>
      <Icon size={11} strokeWidth={2.5} aria-hidden="true" />
      {status.text}
      {status.at && <span className={styles.at}>· {status.at}</span>}
    </span>
  )
}

/** What the shown run does with this node; nothing before it has come to it. */
export function StatusChip({ node }: { readonly node: string }) {
  const status = useStatus(node)
  return status && <Chip status={status} />
}

/** A thin bar along the card's head while the node works. */
export function ProgressBar({ node }: { readonly node: string }) {
  const status = useStatus(node)
  if (status?.state !== 'running' && status?.state !== 'paused') return null
  const style = { '--done': status.fraction ?? 1 } as CSSProperties
  return (
    <span
      className={styles.bar}
      data-state={status.state}
      data-open={status.fraction === null}
      style={style}
    />
  )
}
