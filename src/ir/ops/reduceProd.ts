import type { Builder } from '../builder.ts'
import { definePrimitive } from '../primitive.ts'
import type { Var } from '../program.ts'
import { forEachIndex, refZeros, wrap } from '../reference.ts'
import { elementCount, isFloat, stridesOf } from '../types.ts'
import { pyTuple } from './python.ts'
import { dropAxes, i64s, notBool, unary } from './rules.ts'
import { reduction } from './tfjsRules.ts'

/**
 * For each element of the last axis, the product of all the others, without a division: so zeros do no harm.
 * Of pairs p_i = a_2i · a_2i+1, the product without a_2i is that without p_i times a_2i+1.
 */
function productOfOthers(b: Builder, x: Var): Var {
  const outer = x.type.shape.slice(0, -1)
  const n = x.type.shape.at(-1)!
  if (n === 0) return x
  if (n === 1) return b.onesLike(x)
  const zeros = outer.map(() => 0)
  const even = n % 2 === 0 ? x : b.pad(x, [...zeros, 0], [...zeros, 1], 1)
  const half = Math.ceil(n / 2)
  const paired = [...outer, half, 2]
  const axis = outer.length
  const pairs = b.reshape(even, paired)
  const member = (k: number) => b.reshape(b.sliceAxis(pairs, axis + 1, k, k + 1), [...outer, half])
  const others = productOfOthers(b, b.mul(member(0), member(1)))
  const kept = [...outer, half].map((_, i) => i)
  const joined = b.mul(b.broadcast(others, paired, kept), b.reverse(pairs, [axis + 1]))
  return b.sliceAxis(b.reshape(joined, [...outer, 2 * half]), axis, 0, n)
}

/** Product over axes; integers wrap. The gradient of an element is the product of the others. */
export const reduceProd = definePrimitive<{ readonly axes: readonly number[] }>({
  name: 'reduce_prod',
  type: (ins, { axes }) => [dropAxes(notBool(unary(ins)), axes)],
  vjp: ({ b, ins: [x], params: { axes }, ct }) => {
    const shape = x!.type.shape
    const kept = shape.map((_, i) => i).filter(i => !axes.includes(i))
    const order = [...kept, ...axes]
    const moved = b.transpose(x!, order)
    const flat = [...kept.map(i => shape[i]!), elementCount(axes.map(a => shape[a]!))]
    const others = b.reshape(productOfOthers(b, b.reshape(moved, flat)), moved.type.shape)
    const back = order.map((_, i) => order.indexOf(i))
    return [b.mul(b.transpose(others, back), b.broadcast(ct, shape, kept))]
  },
  reference: ([x], { axes }, [out]) => {
    const result = refZeros(out!)
    result.data.fill(1)
    const kept = stridesOf(out!.shape)
    const at = x!.type.shape.map((_, i) => i).filter(i => !axes.includes(i))
    const whole = isFloat(out!.dtype) || out!.dtype === 's64'
    forEachIndex(x!.type.shape, (index, p) => {
      const q = at.reduce((sum, axis, k) => sum + index[axis]! * kept[k]!, 0)
      const [sofar, next] = [result.data[q]!, x!.data[p]!]
      result.data[q] = whole ? sofar * next : wrap(out!.dtype, Math.imul(sofar, next))
    })
    return [result]
  },
  stablehlo: (e, [x], { axes }, [out]) => {
    const scalar = { dtype: out!.dtype, shape: [] }
    const region = e.reducer('stablehlo.multiply', scalar)
    return [e.op('stablehlo.reduce', [x!, e.splat(scalar, 1)], out!, `dimensions = ${i64s(axes)}`, region)]
  },
  tfjs: reduction('Prod', 'axis', Math.imul, () => 1),
  jax: ([x], { axes }) => `jnp.prod(${x}, axis=${pyTuple(axes)}, promote_integers=False)`,
  cases: [
    { in: ['f32[2,3,4]'], params: { axes: [1] } },
    { in: ['f32[2,3,4]'], params: { axes: [0, 2] } },
    { in: ['f32[7]'], params: { axes: [0] } },
    { in: ['f32[3,1]'], params: { axes: [1] }, tol: 0 },
    { in: [{ type: 's32[3,4]', range: [-9, 9] }], params: { axes: [0] }, tol: 0 },
    { in: [{ type: 'u8[6,3]', range: [0, 255] }], params: { axes: [0] }, tol: 0 },
    { in: [{ type: 'u32[8]', range: [1, 4294967295] }], params: { axes: [0] }, tol: 0 },
    { in: [{ type: 's64[3,4]', range: [-999, 999] }], params: { axes: [1] }, tol: 0 },
    { in: [{ type: 'bf16[3,5]', range: [0.5, 1.5] }], params: { axes: [1] }, tol: 0.04 },
  ],
})
