import type { StepEvent } from '../protocol/messages.ts'
import type { BundleStage } from './bundle-format.ts'
import { bitsOf, firstLoss } from './reduce-metrics.ts'

/** Losses of another engine or machine may differ in their last bits; further apart than this, they are others. */
const CLOSE = 1e-4

/** What a replay of the first steps says of a bundle. */
export type Verdict =
  /** Every loss is the same to the last bit. */
  | { readonly verdict: 'match'; readonly steps: number }
  /** Not to the last bit, and made with another engine. */
  | { readonly verdict: 'close'; readonly steps: number }
  | { readonly verdict: 'mismatch'; readonly step: number; readonly theirs: number; readonly here: number }
  /** The replay ended too early to say. */
  | { readonly verdict: 'short'; readonly steps: number }

/** Compares the first steps that a bundle's author had with those of a replay, in order. */
export function compareSteps(
  first: BundleStage['first'],
  replayed: readonly StepEvent[],
  sameEngine: boolean,
): Verdict {
  let exact = true
  for (const [i, { step, loss, bits }] of first.entries()) {
    const here = firstLoss(replayed[i])
    if (here === undefined || replayed[i]!.step !== step) return { verdict: 'short', steps: i }
    if (bitsOf(here) === bits) continue
    exact = false
    const far = Math.abs(here - loss) > CLOSE * Math.max(1, Math.abs(loss))
    if (sameEngine || far || !Number.isFinite(here)) return { verdict: 'mismatch', step, theirs: loss, here }
  }
  return { verdict: exact ? 'match' : 'close', steps: first.length }
}
