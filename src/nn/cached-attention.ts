import { BuildError } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, sameShape, showType } from '../ir/types.ts'
import { attend } from './attend.ts'
import { type GroupedAttentionOptions, joinHeads, projectHeads } from './grouped-attention.ts'
import type { Scope } from './scope.ts'

/** What attention keeps of the tokens so far. Slots that no token has filled yet hold any finite numbers. */
export interface KeyValueCache {
  /** [B · kvHeads, S, d], normalised and rotated. */
  readonly keys: Var
  /** [B · kvHeads, S, d]. */
  readonly values: Var
}

/** Attention is causal here, and of a sequence to itself. */
export type CachedAttentionOptions = Omit<GroupedAttentionOptions, 'causal' | 'mask' | 'memory'>

/**
 * Causal `groupedAttention` one stretch of a sequence at a time: `x` [..., T, D], the tokens at places `at` …
 * `at` + T - 1, sees itself and what the cache of S slots holds of the places before → [..., T, D], and the cache
 * with their keys and values in it. The weights are those of `groupedAttention`, and stretch by stretch the results
 * are what it gives for the whole sequence.
 *
 * `at` is s32[]; at most S - T, else the last slots are overwritten. Rotary positions count from `at` where
 * none are given. `valid` is bool [..., S].
 */
export function cachedAttention(
  s: Scope,
  x: Var,
  options: CachedAttentionOptions,
  cache: KeyValueCache,
  at: Var,
): { readonly output: Var; readonly cache: KeyValueCache } {
  const { b } = s
  const tokens = x.type.shape.at(-2)!
  const positions = b.add(b.iota('s32', [tokens], 0), at) // [T]
  const placed = options.rotary
    ? { ...options, rotary: { ...options.rotary, positions: options.rotary.positions ?? positions } }
    : options
  const { query, key, value, shape } = projectHeads(s, x, placed)
  const slots = cache.keys.type.shape[1]!
  refuse(s, key, cache)
  const put = (kept: Var, fresh: Var): Var => b.dynamicUpdateSlice(kept, fresh, [0, at, 0]) // [B·kv, S, d]
  const next = { keys: put(cache.keys, key), values: put(cache.values, value) }
  const seen = b.compare('LE', b.iota('s32', [tokens, slots], 1), b.reshape(positions, [tokens, 1])) // [T, S]
  const [batch, heads] = shape
  const mixed = attend(b, query, next.keys, next.values, [batch, heads, tokens, slots], {
    mask: seen,
    valid: options.valid,
  }) // [B·kv, G·T, d]
  return { output: joinHeads(s, mixed, x, placed), cache: next }
}

/** The shape of a cache's `keys` and of its `values`, for `lead` sequences [...] of at most `slots` tokens. */
export const cacheShape = (
  lead: readonly number[],
  slots: number,
  { kvHeads, headWidth }: { readonly kvHeads: number; readonly headWidth: number },
): readonly [number, number, number] => [elementCount(lead) * kvHeads, slots, headWidth]

function refuse(s: Scope, key: Var, { keys, values }: KeyValueCache): void {
  const [heads, tokens, width] = key.type.shape as [number, number, number]
  const fits =
    sameShape(keys.type.shape, values.type.shape) &&
    sameShape(keys.type.shape, [heads, keys.type.shape[1]!, width]) &&
    keys.type.shape[1]! >= tokens
  if (!fits)
    throw new BuildError(
      `a cache of ${showType(keys.type)} and ${showType(values.type)} does not hold keys ${showType(key.type)}: ` +
        `it needs [${heads}, S, ${width}] with S of at least ${tokens}`,
      s.b.currentOrigin,
    )
}
