import type { GraphDocument } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { registry } from '../../nodes/index.ts'
import { isOver } from '../state/run-reducer.ts'
import type { RunView, TrainRun } from '../state/types.ts'
import { duration, rate, whole } from '../ui/format.ts'

export interface RunStatus {
  /** `Running`, `Paused`: the run's state in a word. */
  readonly state: string
  readonly kind: 'plain' | 'good' | 'warn' | 'bad' | 'accent'
  /** Something is under way. */
  readonly busy: boolean
  /** `step 123 / 300 · 2.3 steps/s · 1 min 02 s left`. */
  readonly detail: string
  /** 0 to 1; undefined: unknown, null: no bar. */
  readonly fraction: number | undefined | null
}

const STATES: Record<RunView['info']['state'], Pick<RunStatus, 'state' | 'kind' | 'busy'>> = {
  waiting: { state: 'Queued', kind: 'plain', busy: false },
  running: { state: 'Running', kind: 'accent', busy: true },
  pausing: { state: 'Pausing', kind: 'warn', busy: true },
  paused: { state: 'Paused', kind: 'warn', busy: false },
  stopping: { state: 'Stopping', kind: 'warn', busy: true },
  completed: { state: 'Done', kind: 'good', busy: false },
  stopped: { state: 'Stopped', kind: 'plain', busy: false },
  cancelled: { state: 'Cancelled', kind: 'plain', busy: false },
  failed: { state: 'Failed', kind: 'bad', busy: false },
  interrupted: { state: 'Interrupted', kind: 'bad', busy: false },
}

/** The run's state and progress in one line. */
export function statusOf(run: RunView, document: GraphDocument): RunStatus {
  const { info } = run
  const state = STATES[info.state]
  if (info.state === 'failed') return { ...state, detail: info.failure?.message ?? '', fraction: null }
  const train = activeTrain(run)
  if (isOver(info)) return { ...state, detail: overDetail(run, train), fraction: null }
  if (info.state === 'waiting')
    return { ...state, detail: info.held ? 'waits for you: Resume' : 'waits for its turn', fraction: null }
  const other = [...run.nodes].find(([id, n]) => n.state === 'running' && id !== train?.node)
  // A training that is done leaves the line to what follows it.
  const works = train && (train.taken < train.steps || run.nodes.get(train.node)?.state === 'running')
  if (works && (train.taken < train.steps || !other))
    return { ...state, ...trainDetail(train, run.nodes.get(train.node)?.what) }
  const next = info.state === 'paused' ? run.pausedAt?.node : undefined
  if (!other && next !== undefined)
    return { ...state, detail: `before ${titleOf(document, next)}`, fraction: null }
  if (!other) return { ...state, detail: 'preparing', fraction: undefined }
  const [id, node] = other
  const share = node.fraction === undefined ? '' : ` · ${Math.round(node.fraction * 100)} %`
  const left = node.secondsLeft === undefined ? '' : ` · ${duration(node.secondsLeft)} left`
  return {
    ...state,
    detail: `${titleOf(document, id)}: ${node.what ?? 'working'}${share}${left}`,
    fraction: node.fraction,
  }
}

function activeTrain(run: RunView): TrainRun | undefined {
  const trains = [...run.trains.values()]
  return trains.findLast(t => run.nodes.get(t.node)?.state === 'running') ?? trains.at(-1)
}

/** `what`: what is done between two steps, such as compiling them anew. */
function trainDetail({ taken, steps, rate: speed, secondsLeft }: TrainRun, what: string | undefined) {
  const parts = [`step ${whole(taken)} / ${whole(steps)}`]
  if (what !== undefined) return { detail: [...parts, what].join(' · '), fraction: undefined }
  if (speed !== null) parts.push(rate(speed))
  if (secondsLeft !== null && taken < steps) parts.push(`${duration(secondsLeft)} left`)
  return { detail: parts.join(' · '), fraction: steps > 0 ? taken / steps : undefined }
}

function overDetail({ info, nodes }: RunView, train: TrainRun | undefined): string {
  // A training from the cache has its steps, but took none of them in this run.
  const cached = train ? nodes.get(train.node)?.state === 'cached' : someCached(nodes)
  const parts = []
  if (cached && info.state === 'completed') parts.push('nothing to train, it was in the cache')
  else if (train) parts.push(`step ${whole(train.taken)} / ${whole(train.steps)}`)
  if (info.startedAt !== null && info.endedAt !== null)
    parts.push(duration((info.endedAt - info.startedAt) / 1000))
  return parts.join(' · ')
}

const someCached = (nodes: RunView['nodes']): boolean => [...nodes.values()].some(n => n.state === 'cached')

/** What people call a node. */
function titleOf(document: GraphDocument, id: string): string {
  const node = own(document.nodes, id)
  return node?.title ?? (node && registry.get(node.type)?.title) ?? id
}
