import { definePrimitive } from '../primitive.ts'
import { extremeCases, extremeInJax, lowerExtreme, refExtreme, shareAmongEqual, worstOf } from './extremes.ts'
import { dropAxes, notBool, unary } from './rules.ts'
import { reduction } from './tfjsRules.ts'

/**
 * Largest value over axes. Where several are equal, they share the gradient equally. A NaN among them is
 * passed on or passed over, as in `max`.
 */
export const reduceMax = definePrimitive<{ readonly axes: readonly number[] }>({
  name: 'reduce_max',
  type: (ins, { axes }) => [dropAxes(notBool(unary(ins)), axes)],
  vjp: shareAmongEqual,
  reference: ([x], { axes }, [out]) => [refExtreme('largest', x!, axes, out!)],
  stablehlo: (e, [x], { axes }, [out]) => [lowerExtreme(e, 'largest', x!, axes, out!)],
  tfjs: reduction('Max', 'reductionIndices', Math.max, x => worstOf('largest', x.dtype)),
  jax: ([x], { axes }, j) => extremeInJax('largest', x!, axes, j),
  cases: extremeCases,
})
