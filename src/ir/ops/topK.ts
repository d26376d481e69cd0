import { definePrimitive, TypeFault } from '../primitive.ts'
import { forEachIndex, refZeros } from '../reference.ts'
import { elementCount, isFloat, showType, tensor } from '../types.ts'
import { compareAttributes, takeAlong, unary } from './rules.ts'

const TOP_K = `def top_k(x, k):
    """The largest along the last axis and their places; a NaN counts as infinity, -0 and 0 are equal."""
    ordered = jnp.where(jnp.isnan(x), jnp.inf, jnp.where(x == 0, 0, x))
    places = lax.top_k(ordered, k)[1]
    return jnp.take_along_axis(x, places, axis=-1), places`

/**
 * The k largest elements along the last axis in descending order, and their indices (s32): the first of
 * equals first; a NaN counts as +∞, as in `argmax`. The gradient goes to the chosen elements.
 */
export const topK = definePrimitive<{ readonly k: number }>({
  name: 'top_k',
  type: (ins, { k }) => {
    const x = unary(ins)
    const n = x.shape.at(-1)
    if (!isFloat(x.dtype) || n === undefined || !Number.isInteger(k) || k < 1 || k > n)
      throw new TypeFault(`no ${k} largest elements along the last axis of ${showType(x)}`)
    const shape = [...x.shape.slice(0, -1), k]
    return [tensor(x.dtype, shape), tensor('s32', shape)]
  },
  vjp: ({ b, ins: [x], outs: [, indices], ct }) => {
    if (elementCount(x!.type.shape) === 0) return [b.zerosLike(x!)]
    const axis = x!.type.shape.length - 1
    const others = x!.type.shape.map((_, i) => i).slice(0, -1)
    const dims = {
      offsetDims: [],
      collapsedDims: [axis],
      operandBatch: others,
      indexBatch: others,
      startIndexMap: [axis],
      indexVectorDim: axis + 1,
    }
    return [b.scatterAdd(b.zerosLike(x!), indices!, ct, dims)]
  },
  reference: ([x], { k }, outs) => {
    const [values, indices] = outs.map(refZeros)
    const n = x!.type.shape.at(-1)!
    const rank = (v: number) => (Number.isNaN(v) ? Infinity : v)
    forEachIndex(x!.type.shape.slice(0, -1), (_, row) => {
      const line = x!.data.subarray(row * n, (row + 1) * n)
      const order = [...line.keys()].sort((i, j) => {
        const [a, c] = [rank(line[i]!), rank(line[j]!)]
        return Number(a < c) - Number(a > c)
      })
      for (let i = 0; i < k; i++) {
        values!.data[row * k + i] = line[order[i]!]!
        indices!.data[row * k + i] = order[i]!
      }
    })
    return [values!, indices!]
  },
  stablehlo: (e, [x], { k }, [values, indices]) => {
    if (elementCount(x!.type.shape) === 0) return [e.dense(values!, []), e.dense(indices!, [])]
    // XLA's own form takes f32 and orders -0 below 0, so it sees ordered numbers and gives places alone.
    const float = tensor('f32', x!.type.shape)
    const truth = tensor('bool', x!.type.shape)
    const wide = x!.type.dtype === 'f32' ? x! : e.op('stablehlo.convert', [x!], float)
    const zero = e.splat(float, 0)
    const isZero = e.op('stablehlo.compare', [wide, zero], truth, compareAttributes('EQ', 'FLOAT'))
    const isNan = e.op('stablehlo.compare', [wide, wide], truth, compareAttributes('NE', 'FLOAT'))
    const signless = e.op('stablehlo.select', [isZero, zero, wide], float)
    const ordered = e.op('stablehlo.select', [isNan, e.splat(float, Infinity), signless], float)
    const best = tensor('f32', values!.shape)
    const [, places] = e.multi('chlo.top_k', [ordered], [best, indices!], `k = ${k} : i64`)
    return [takeAlong(e, x!, places!, x!.type.shape.length - 1, values!), places!]
  },
  tfjs: { onHost: 'kernels differ about NaN and equal elements' },
  jax: ([x], { k }, j) => ({ tuple: `${j.helper(TOP_K)}(${x}, ${k})` }),
  cases: [
    { in: ['f32[9]'], params: { k: 3 }, tol: 0 },
    { in: ['f32[2,3,7]'], params: { k: 1 }, tol: 0 },
    { in: ['f32[4,5]'], params: { k: 5 }, tol: 0 },
    { in: ['f32[2,300]'], params: { k: 20 }, tol: 0 },
    { in: ['bf16[3,8]'], params: { k: 2 }, tol: 0 },
    { in: ['f32[0,4]'], params: { k: 2 }, tol: 0 },
  ],
})
