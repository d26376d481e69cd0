import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, showType } from '../ir/types.ts'
import type { LossTerms } from './contrastive.ts'
import { lookUp } from './embedding.ts'
import type { Scope } from './scope.ts'

export interface QuantiserOptions {
  /** Weight β of the commitment loss; 0.25 by default. */
  readonly beta?: number
  /** Put β on the codebook's loss instead, as taming-transformers does by default; false by default. */
  readonly legacy?: boolean
}

export interface Quantised {
  /** The nearest codes, [..., D]; the gradient passes to `z` as if they were `z`. */
  readonly codes: Var
  /** Which codes, s32 [...]. */
  readonly indices: Var
  /** Σ ‖z - sg(e)‖², which draws z to its code, and the number of elements. */
  readonly commitment: LossTerms
  /** Σ ‖sg(z) - e‖², which draws the code to z; of no use where the codebook is a moving average. */
  readonly codebook: LossTerms
  /** codebook + β commitment, or the other way round where `legacy`. */
  readonly loss: LossTerms
}

/**
 * Replaces each vector of `z` [..., D] by its nearest of K codes, `table` [K, D]: argmin_k ‖z - e_k‖², the first of
 * equals. In float32, where near codes can be told apart; only `codes` have the dtype of `z`.
 *
 * Source: van den Oord et al. 2017 (arXiv 1711.00937), Eq. 1–3; taming-transformers' VectorQuantizer2.
 */
export function quantise(b: Builder, z: Var, table: Var, options: QuantiserOptions = {}): Quantised {
  const { beta = 0.25, legacy = false } = options
  const lead = z.type.shape.slice(0, -1)
  const width = z.type.shape.at(-1)!
  if (width !== table.type.shape[1])
    throw new BuildError(
      `codes ${showType(table.type)} are not as wide as ${showType(z.type)}`,
      b.currentOrigin,
    )
  const rows = b.convert(b.reshape(z, [elementCount(lead), width]), 'f32') // [N, D]
  const nearest = nearestCodes(b, b.stopGradient(rows), b.stopGradient(table)) // [N]
  const picked = lookUp(b, table, nearest) // [N, D]
  const drawn = (x: Var, y: Var): LossTerms => {
    const gap = b.sub(x, b.stopGradient(y))
    return { sum: b.sum(b.mul(gap, gap), [0, 1]), count: b.scalar('f32', elementCount(z.type.shape)) }
  }
  const commitment = drawn(rows, picked)
  const codebook = drawn(picked, rows)
  const [whole, share] = legacy ? [commitment, codebook] : [codebook, commitment]
  // z + sg(e - z): the value is e, the derivative is 1.
  const passed = b.add(rows, b.stopGradient(b.sub(picked, rows))) // [N, D]
  return {
    codes: b.convert(b.reshape(passed, z.type.shape), z.type.dtype), // [..., D]
    indices: b.reshape(nearest, lead), // [...]
    commitment,
    codebook,
    loss: { sum: b.add(whole.sum, b.mul(share.sum, beta)), count: whole.count },
  }
}

/** argmin_k ‖z - e_k‖² for each row of `z` [N, D] among `table` [K, D] → s32 [N]. */
function nearestCodes(b: Builder, z: Var, table: Var): Var {
  const products = b.dotGeneral(z, table, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] }) // [N, K]
  // ‖z - e‖² = ‖z‖² - 2 (z·e - ½ ‖e‖²), and ‖z‖² is the same for all codes.
  const half = b.mul(b.sum(b.mul(table, table), [1]), 0.5) // [K]
  return b.argmax(b.sub(products, half), 1) // [N]
}

/**
 * The same with a learned codebook of K codes: weight `embedding/weight` [K, D], which starts uniform within 1 / K, as
 * taming-transformers'.
 */
export function vectorQuantiser(
  s: Scope,
  z: Var,
  options: QuantiserOptions & { readonly size: number },
): Quantised {
  const { size } = options
  const table = s
    .child('embedding')
    .weight(
      'weight',
      [size, z.type.shape.at(-1)!],
      { kind: 'uniform', bound: 1 / size },
      { decay: false, precise: true },
    )
  return quantise(s.b, z, table, options)
}
