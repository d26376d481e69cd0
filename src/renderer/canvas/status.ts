import type { RunView } from '../state/types.ts'
import { duration, whole } from '../ui/format.ts'

export interface Status {
  readonly state:
    | 'waiting'
    | 'running'
    | 'paused'
    | 'cached'
    | 'done'
    | 'failed'
    | 'stale'
    | 'stopped'
    | 'interrupted'
    /** Of the next run: see `plan-status.ts`. */
    | 'planned'
    | 'kept'
    | 'unread'
  readonly text: string
  /** How far a Train had come when its run ended before it: `step 224`; of what works, the time left: `12 s left`. */
  readonly at: string
  /** 0–1 where it is known. */
  readonly fraction: number | null
  /** For the tooltip: why it ran, or what it does. */
  readonly more: string
}

/** A node whose run has ended while it worked. */
const CUT_SHORT: Partial<Record<RunView['info']['state'], 'stopped' | 'interrupted'>> = {
  stopped: 'stopped',
  cancelled: 'stopped',
  failed: 'stopped',
  interrupted: 'interrupted',
}

/** What the shown run says of one node, as one string so that a card is drawn again only when it changes. */
export function statusKey(run: RunView | null, node: string, stale: boolean): string {
  const at = run?.nodes.get(node)
  if (!run || !at) return ''
  const over = at.state === 'done' || at.state === 'cached'
  if (stale && over) return ['stale', '', '', 'Edited since this run: the next run makes it anew'].join('\n')
  const train = run.trains.get(node)
  const cut = at.state === 'waiting' ? CUT_SHORT[run.info.state] : undefined
  if (cut) {
    const step = train ? whole(train.taken) : ''
    const why = train ? `${cut} after step ${step} of ${whole(train.steps)}` : `${cut} before it was done`
    return [cut, '', '', why, step && `step ${step}`].join('\n')
  }
  const share = train ? train.taken / Math.max(1, train.steps) : at.fraction
  const paused = run.pausedAt?.node === node && run.info.state === 'paused'
  const state = at.state === 'running' && paused ? 'paused' : at.state
  const percent = share === undefined ? '' : String(Math.floor(share * 100))
  // A Train says in its body how long it will be.
  const left = state === 'running' && !train && at.secondsLeft !== undefined ? duration(at.secondsLeft) : ''
  return [state, percent, at.what ?? '', at.why ?? '', left && `${left} left`].join('\n')
}

/** The most telling first: a subgraph is as its worst node is, then as the one that it waits for. */
const TELLING = [
  'failed',
  'interrupted',
  'stopped',
  'running',
  'paused',
  'waiting',
  'stale',
  'done',
  'cached',
] as const

/** What the shown run says of the nodes inside a subgraph, together. */
export function insideKey(run: RunView | null, subgraph: string, stale: boolean): string {
  const inside = [...(run?.nodes.keys() ?? [])].filter(id => id.startsWith(`${subgraph}/`))
  const states = inside.map(id => statusKey(run, id, stale).split('\n', 1)[0])
  const state = TELLING.find(one => states.includes(one))
  if (!state) return ''
  const over = states.filter(one => one === 'done' || one === 'cached').length
  const percent = String(Math.floor((100 * over) / inside.length))
  return [state, percent, '', `${over} of ${inside.length} nodes inside are done`, ''].join('\n')
}

export function readStatus(key: string): Status | null {
  if (!key) return null
  const [head, ...rest] = key.split('\n')
  const state = head as Status['state']
  const [percent = '', what = '', why = '', at = ''] = rest
  const fraction = percent === '' ? null : Number(percent) / 100
  const moving = state === 'running' || state === 'paused'
  const text =
    state === 'running' || state === 'paused' ? `${state}${percent === '' ? '' : ` ${percent} %`}` : state
  const more = [what, why].filter(Boolean).join(' – ')
  return { state, text, at, fraction: moving ? fraction : null, more }
}
