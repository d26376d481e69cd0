import { definePrimitive } from '../primitive.ts'
import { extremeCases, extremeInJax, lowerExtreme, refExtreme, shareAmongEqual, worstOf } from './extremes.ts'
import { dropAxes, notBool, unary } from './rules.ts'
import { reduction } from './tfjsRules.ts'

/**
 * Smallest value over axes. Where several are equal, they share the gradient equally. A NaN among them is
 * passed on or passed over, as in `min`.
 */
export const reduceMin = definePrimitive<{ readonly axes: readonly number[] }>({
  name: 'reduce_min',
  type: (ins, { axes }) => [dropAxes(notBool(unary(ins)), axes)],
  vjp: shareAmongEqual,
  reference: ([x], { axes }, [out]) => [refExtreme('smallest', x!, axes, out!)],
  stablehlo: (e, [x], { axes }, [out]) => [lowerExtreme(e, 'smallest', x!, axes, out!)],
  tfjs: reduction('Min', 'axis', Math.min, x => worstOf('smallest', x.dtype)),
  jax: ([x], { axes }, j) => extremeInJax('smallest', x!, axes, j),
  cases: extremeCases,
})
