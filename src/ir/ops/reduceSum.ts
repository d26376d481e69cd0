import { definePrimitive } from '../primitive.ts'
import { forEachIndex, refMap, refZeros, wrap } from '../reference.ts'
import { stridesOf, tensor } from '../types.ts'
import { pyTuple } from './python.ts'
import { dropAxes, i64s, notBool, unary } from './rules.ts'
import { reduction } from './tfjsRules.ts'

/** Sum over axes; integers wrap, bf16 is added up in float32. */
export const reduceSum = definePrimitive<{ readonly axes: readonly number[] }>({
  name: 'reduce_sum',
  type: (ins, { axes }) => [dropAxes(notBool(unary(ins)), axes)],
  vjp: ({ b, ins: [x], params: { axes }, ct }) => {
    const shape = x!.type.shape
    const kept = shape.map((_, i) => i).filter(i => !axes.includes(i))
    return [b.broadcast(ct, shape, kept)]
  },
  reference: ([x], { axes }, [out]) => {
    const result = refZeros(out!)
    const kept = stridesOf(out!.shape)
    const at = x!.type.shape.map((_, i) => i).filter(i => !axes.includes(i))
    forEachIndex(x!.type.shape, (index, p) => {
      const q = at.reduce((sum, axis, k) => sum + index[axis]! * kept[k]!, 0)
      result.data[q]! += x!.data[p]!
    })
    return refMap(out!, [result], total => wrap(out!.dtype, total!))
  },
  stablehlo: (e, [x], { axes }, [out]) => {
    // XLA would round every partial sum to bf16.
    const dtype = out!.dtype === 'bf16' ? 'f32' : out!.dtype
    const scalar = tensor(dtype, [])
    const region = e.reducer('stablehlo.add', scalar)
    const terms = dtype === x!.type.dtype ? x! : e.op('stablehlo.convert', [x!], tensor(dtype, x!.type.shape))
    const total = tensor(dtype, out!.shape)
    const sum = e.op(
      'stablehlo.reduce',
      [terms, e.splat(scalar, 0)],
      total,
      `dimensions = ${i64s(axes)}`,
      region,
    )
    return [dtype === out!.dtype ? sum : e.op('stablehlo.convert', [sum], out!)]
  },
  tfjs: reduction(
    'Sum',
    'axis',
    (x, y) => (x + y) | 0,
    () => 0,
  ),
  jax: ([x], { axes }) => `jnp.sum(${x}, axis=${pyTuple(axes)}, promote_integers=False)`,
  cases: [
    { in: ['f32[2,3,4]'], params: { axes: [1] } },
    { in: ['f32[2,3,4]'], params: { axes: [0, 2] } },
    { in: ['f32[5]'], params: { axes: [0] } },
    { in: [{ type: 's32[3,4]', range: [-9, 9] }], params: { axes: [0] }, tol: 0 },
    { in: [{ type: 'u8[6,3]', range: [0, 255] }], params: { axes: [0] }, tol: 0 },
    { in: [{ type: 'u32[8]', range: [0, 4294967295] }], params: { axes: [0] }, tol: 0 },
    { in: [{ type: 's64[3,4]', range: [-1000000.0, 1000000.0] }], params: { axes: [1] }, tol: 0 },
    { in: ['bf16[3,5]'], params: { axes: [1] }, tol: 0.02 },
    // In bf16, 256 + 1 is 256.
    { in: [{ type: 'bf16[64,65]', range: [0.5, 1] }], params: { axes: [0, 1] }, tol: 0.005 },
    { in: ['f32[37,113]'], params: { axes: [0, 1] }, tol: 1e-4 },
  ],
})
