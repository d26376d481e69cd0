import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, tensor } from '../ir/types.ts'
import { lookUp } from './embedding.ts'
import { uniform } from './random.ts'
import type { Scope } from './scope.ts'
import { type Quantised, quantise } from './vector-quantiser.ts'

/** A codebook that is a moving average of what was assigned to its codes. */
export interface CodebookState {
  /** Moving average of how many vectors a code was given in a step, [K]; starts at 1. */
  readonly counts: Var
  /** Moving average of the sum of these vectors, [K, D]; starts as the codes. */
  readonly sums: Var
  /** [K, D]. */
  readonly codes: Var
}

export interface CodebookOptions {
  /** γ, the share of the old averages that is kept; 0.99 by default. */
  readonly decay?: number
  /** ε of the Laplace smoothing; 1e-5 by default. */
  readonly eps?: number
  /** Codes whose count falls below `below` start again at a random vector of the batch, drawn with `key` u32[2]. */
  readonly restart?: { readonly below: number; readonly key: Var }
}

/**
 * One step of a moving-average codebook of K codes, from the vectors `z` [N, D] and the codes they were given,
 * `indices` s32 [N]: n ← γ n + (1 - γ) counts, m ← γ m + (1 - γ) sums, and the codes are m over the smoothed counts
 * (n + ε) / (Σn + K ε) · Σn. A code that starts again is a vector of the batch with a count of `below`; several may
 * draw the same one.
 *
 * Source: van den Oord et al. 2017 (arXiv 1711.00937), appendix A.1, smoothed as in Sonnet's VectorQuantizerEMA;
 * restarts: Dhariwal et al. 2020 (arXiv 2005.00341), section 3, as in vector-quantize-pytorch.
 */
export function updateCodebook(
  b: Builder,
  state: CodebookState,
  z: Var,
  indices: Var,
  options: CodebookOptions = {},
): CodebookState {
  const { decay = 0.99, eps = 1e-5, restart } = options
  const [rows, width] = z.type.shape as [number, number]
  const size = state.counts.type.shape[0]!
  const { dtype } = state.counts.type
  const at = {
    collapsedDims: [0],
    operandBatch: [],
    indexBatch: [],
    startIndexMap: [0],
    indexVectorDim: 1,
  }
  const none = (shape: readonly number[]): Var => b.fill(tensor(dtype, shape), 0)
  const given = b.scatterAdd(none([size]), indices, b.fill(tensor(dtype, [rows]), 1), {
    offsetDims: [],
    ...at,
  }) // [K]
  const total = b.scatterAdd(none([size, width]), indices, z, { offsetDims: [1], ...at }) // [K, D]
  const mix = (old: Var, now: Var): Var => b.add(b.mul(old, decay), b.mul(now, 1 - decay))
  const counts = mix(state.counts, given) // [K]
  const sums = mix(state.sums, total) // [K, D]
  const spread = (v: Var): Var => b.broadcast(v, [size, width], [0]) // [K] → [K, D]

  const all = b.sum(counts, [0]) // []
  const smoothed = b.mul(b.add(counts, eps), b.div(all, b.add(all, size * eps))) // [K]
  const codes = b.div(sums, spread(smoothed)) // [K, D]
  if (!restart) return { counts, sums, codes }

  const dead = b.compare('LT', counts, restart.below) // [K]
  // A uniform number is at most 1 - 2⁻²³, so the product stays below N.
  const drawn = b.convert(b.floor(b.mul(uniform(b, restart.key, [size]), rows)), 's32') // [K]
  const fresh = lookUp(b, z, drawn) // [K, D]
  return {
    counts: b.select(dead, restart.below, counts),
    sums: b.select(spread(dead), b.mul(fresh, restart.below), sums),
    codes: b.select(spread(dead), fresh, codes),
  }
}

export interface AveragedQuantiserOptions {
  /** Number of codes K. */
  readonly size: number
  /** Weight β of the commitment loss, all of the loss there is; 0.25 by default. */
  readonly beta?: number
  readonly decay?: number
  readonly eps?: number
  /** A code whose count falls below this starts again; 0, the default, for never. */
  readonly restartBelow?: number
}

/**
 * A vector quantiser over `z` [..., D] whose codebook is state and moves once a step. States `embedding/weight` [K, D],
 * `embedding/cluster_size` [K] and `embedding/embed_avg` [K, D], taming-transformers' names.
 */
export function averagedQuantiser(s: Scope, z: Var, options: AveragedQuantiserOptions): Quantised {
  const { b } = s
  const { size, beta = 0.25, decay, eps, restartBelow = 0 } = options
  const width = z.type.shape.at(-1)!
  const table = s.child('embedding')
  const codes = table.state('weight', [size, width], { kind: 'uniform', bound: 1 / size })
  table.state('cluster_size', [size], { kind: 'ones' })
  table.state('embed_avg', [size, width], { kind: 'as', path: 'weight' })
  const made = quantise(b, z, codes, { beta })
  if (s.mode === 'train') {
    const restart = restartBelow > 0 ? { below: restartBelow, key: s.key('restart') } : undefined
    const count = elementCount(z.type.shape.slice(0, -1))
    table.update(['cluster_size', 'embed_avg', 'weight'], ([counts, sums, old]) => {
      const rows = b.convert(b.reshape(z, [count, width]), 'f32') // [N, D]
      const indices = b.reshape(made.indices, [count]) // [N]
      const state = { counts: counts!, sums: sums!, codes: old! }
      const next = updateCodebook(b, state, rows, indices, { decay, eps, restart })
      return [next.counts, next.sums, next.codes]
    })
  }
  const { commitment } = made
  return { ...made, loss: { sum: b.mul(commitment.sum, beta), count: commitment.count } }
}
