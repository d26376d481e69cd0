import type { Var } from '../ir/program.ts'
import { uniform } from './random.ts'
import type { Scope } from './scope.ts'

/** Token ids s32 [B, L] and the place of the end-of-text token s32 [B]. */
export interface TokenIds {
  readonly ids: Var
  readonly eot: Var
}

/**
 * Takes out each token with probability `rate`, and closes the gaps; the first and the end-of-text token stay. What
 * becomes free at the end is filled with what stands in a text's last place: padding, where there was room. Only in
 * train mode.
 *
 * Source: random deletion of Wei & Zou 2019 (arXiv 1901.11196), section 2, on tokens.
 */
export function dropTokens(s: Scope, { ids, eot }: TokenIds, rate: number): TokenIds {
  const { b } = s
  const [batch, length] = ids.type.shape as [number, number]
  const place = b.iota('s32', [batch, length], 1)
  const end = b.reshape(eot, [batch, 1])
  const inner = b.and(b.compare('GT', place, 0), b.compare('LT', place, end)) // [B, L]
  const dropped = b.and(inner, b.compare('LT', uniform(b, s.key('drop_tokens'), [batch, length]), rate))
  const filler = b.broadcastTo(b.sliceAxis(ids, 1, length - 1, length), [batch, length])
  const last = b.convert(dropped, 's32')
  // The sort is stable: what stays keeps its order, and padding moves up behind the end.
  const [, moved] = b.sort([last, b.select(dropped, filler, ids)], 1)
  return { ids: moved!, eot: b.sub(eot, b.sum(last, [1])) }
}
