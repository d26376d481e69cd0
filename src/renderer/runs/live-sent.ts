import type { LiveEdit, LogLine } from '../state/types.ts'

/** Changes that were sent to a run, and what it had told before. */
export interface Sent {
  readonly edits: readonly LiveEdit[]
  readonly log: readonly LogLine[]
}

/** What became of them: the step is compiled with them, they count, or why they do not. */
export type Fate = { readonly is: 'pending' | 'made' } | { readonly is: 'refused'; readonly why: string }

export function fateOf(sent: Sent, { edits, log }: Sent): Fate {
  if (edits !== sent.edits) return { is: 'made' }
  const last = sent.log.at(-1)
  const since = last === undefined ? log : log.slice(log.lastIndexOf(last) + 1)
  const refusal = since.find(line => line.refused)
  return refusal ? { is: 'refused', why: refusal.message } : { is: 'pending' }
}
