import { definePrimitive } from '../primitive.ts'
import { lowerExtreme, refExtreme, shareAmongEqual } from './extremes.ts'
import { dropAxes, notBool, unary } from './rules.ts'

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
  cases: [
    { in: ['f32[2,3,4]'], params: { axes: [1] }, tol: 0 },
    { in: ['f32[2,3,4]'], params: { axes: [0, 2] }, tol: 0 },
    { in: ['f32[40,131]'], params: { axes: [1] }, tol: 0 },
    { in: [{ type: 's32[3,4]', range: [-9, 9] }], params: { axes: [0] }, tol: 0 },
    { in: ['f32[8,5,131]'], params: { axes: [0, 2] }, tol: 0 },
    { in: ['f32[2,4099]'], params: { axes: [1] }, tol: 0 },
    { in: ['f32[4100]'], params: { axes: [0] }, tol: 0 },
    { in: ['f32[3,64,64]'], params: { axes: [1, 2] }, tol: 0 },
    { in: ['f32[64,65]'], params: { axes: [0] }, tol: 0 },
    { in: [{ type: 's64[3,4]', range: [-1000000.0, 1000000.0] }], params: { axes: [1] }, tol: 0 },
    { in: [{ type: 'u8[3,4]', range: [0, 255] }], params: { axes: [0, 1] }, tol: 0 },
    { in: [{ type: 'u32[70,60]', range: [0, 4294967295] }], params: { axes: [1] }, tol: 0 },
    { in: ['bf16[3,5]'], params: { axes: [1] }, tol: 0 },
  ],
})
