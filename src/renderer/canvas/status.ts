import type { RunView } from '../state/types.ts'

export interface Status {
  readonly state: 'waiting' | 'running' | 'paused' | 'cached' | 'done' | 'failed' | 'stale'
  readonly text: string
  /** 0–1 where it is known. */
  readonly fraction: number | null
  /** For the tooltip: why it ran, or what it does. */
  readonly more: string
}

const WORDS = {
  waiting: 'waiting',
  cached: 'cached',
  done: 'done',
  failed: 'failed',
  stale: 'stale',
} as const

/** What the shown run says of one node, as one string so that a card is drawn again only when it changes. */
export function statusKey(run: RunView | null, node: string, stale: boolean): string {
  const at = run?.nodes.get(node)
  if (!run || !at) return ''
  const over = at.state === 'done' || at.state === 'cached'
  if (stale && over) return ['stale', '', '', 'Edited since this run: the next run makes it anew'].join('\n')
  const train = run.trains.get(node)
  const whole = train ? train.taken / Math.max(1, train.steps) : at.fraction
  const paused = run.pausedAt?.node === node && run.info.state === 'paused'
  const state = at.state === 'running' && paused ? 'paused' : at.state
  const percent = whole === undefined ? '' : String(Math.floor(whole * 100))
  return [state, percent, at.what ?? '', at.why ?? ''].join('\n')
}

export function readStatus(key: string): Status | null {
  if (!key) return null
  const [state, percent, what, why] = key.split('\n') as [Status['state'], string, string, string]
  const fraction = percent === '' ? null : Number(percent) / 100
  const moving = state === 'running' || state === 'paused'
  const text =
    state === 'running' || state === 'paused'
      ? `${state}${percent === '' ? '' : ` ${percent} %`}`
      : WORDS[state]
  return { state, text, fraction: moving ? fraction : null, more: [what, why].filter(Boolean).join(' – ') }
}
