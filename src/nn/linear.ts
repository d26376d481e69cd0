import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount } from '../ir/types.ts'
import type { Init, Scope } from './scope.ts'

export interface LinearOptions {
  /** Add a learned bias, which starts at 0; true by default. */
  readonly bias?: boolean
  /** Standard deviation of the starting weights; in^-½ by default. */
  readonly std?: number
  /** How the weight starts; wins over `std`. */
  readonly init?: Init
}

/**
 * y = x Wᵀ + bias over the last axis of `x` [..., in] → [..., out]. Weights `weight` [out, in] and `bias`
 * [out], PyTorch's names and layout.
 */
export function linear(s: Scope, x: Var, out: number, options: LinearOptions = {}): Var {
  const width = x.type.shape.at(-1)!
  const init = options.init ?? { kind: 'normal', std: options.std ?? width ** -0.5 }
  const weight = s.weight('weight', [out, width], init)
  const bias = options.bias === false ? undefined : s.weight('bias', [out], { kind: 'zeros' })
  return affine(s.b, x, weight, bias)
}

/**
 * x [..., in], weight [out, in], bias [out] → x weightᵀ + bias [..., out]. The leading axes are collapsed to
 * one, so that the weight's gradient contracts a single axis: XLA's CPU compiler is twice as fast on that form.
 */
export function affine(b: Builder, x: Var, weight: Var, bias?: Var): Var {
  const lead = x.type.shape.slice(0, -1)
  const [out, width] = weight.type.shape as [number, number]
  const rows = b.reshape(x, [elementCount(lead), width]) // [N, in]
  const product = b.dotGeneral(rows, weight, {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [1],
    rhsContract: [1],
  }) // [N, out]
  const y = bias ? b.add(product, bias) : product // [N, out]
  return b.reshape(y, [...lead, out]) // [..., out]
}
