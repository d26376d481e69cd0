import { definePrimitive, TypeFault } from '../primitive.ts'
import { forEachIndex, positionOf, refZeros } from '../reference.ts'
import { isFloat, showType, stridesOf, tensor } from '../types.ts'
import { lowerExtreme } from './extremes.ts'
import { compareAttributes, i64s, unary } from './rules.ts'

const FIRST_ARGMAX = `def first_argmax(x, axis):
    """Index of the largest element along an axis, the first of equals; a NaN counts as infinity."""
    return lax.argmax(jnp.where(jnp.isnan(x), jnp.inf, x), axis, jnp.int32)`

/** Index (s32) of the largest element along one axis: the first of equals; a NaN counts as +∞. */
export const argmax = definePrimitive<{ readonly axis: number }>({
  name: 'argmax',
  type: (ins, { axis }) => {
    const x = unary(ins)
    if (!isFloat(x.dtype) || !x.shape[axis])
      throw new TypeFault(`no largest element along axis ${axis} of ${showType(x)}`)
    return [
      tensor(
        's32',
        x.shape.filter((_, i) => i !== axis),
      ),
    ]
  },
  vjp: { notDifferentiable: 'an index has no derivative' },
  reference: ([x], { axis }, [out]) => {
    const result = refZeros(out!)
    const strides = stridesOf(x!.type.shape)
    forEachIndex(out!.shape, (index, p) => {
      const full = [...index.slice(0, axis), 0, ...index.slice(axis)]
      const base = positionOf(full, strides)
      let best = -Infinity
      for (let k = 0; k < x!.type.shape[axis]!; k++) {
        const here = x!.data[base + k * strides[axis]!]!
        const value = Number.isNaN(here) ? Infinity : here
        if (value <= best) continue
        best = value
        result.data[p] = k
      }
    })
    return [result]
  },
  stablehlo: (e, [x], { axis }, [out]) => {
    // The smallest index among the elements that equal the maximum.
    const shape = x!.type.shape
    const n = shape[axis]!
    const mask = tensor('bool', shape)
    const nan = e.op('stablehlo.compare', [x!, x!], mask, compareAttributes('NE', 'FLOAT'))
    const ordered = e.op('stablehlo.select', [nan, e.splat(x!.type, Infinity), x!], x!.type)
    const top = lowerExtreme(e, 'largest', ordered, [axis], tensor(x!.type.dtype, out!.shape))
    const kept = shape.map((_, i) => i).filter(i => i !== axis)
    const spread = e.op('stablehlo.broadcast_in_dim', [top], x!.type, `broadcast_dimensions = ${i64s(kept)}`)
    const hit = e.op('stablehlo.compare', [ordered, spread], mask, compareAttributes('EQ', 'FLOAT'))
    const places = tensor('s32', shape)
    const index = e.op('stablehlo.iota', [], places, `iota_dimension = ${axis} : i64`)
    const first = e.op('stablehlo.select', [hit, index, e.splat(places, n - 1)], places)
    return [lowerExtreme(e, 'smallest', first, [axis], out!)]
  },
  tfjs: { onHost: 'kernels differ about NaN and equal elements' },
  jax: ([x], { axis }, j) => `${j.helper(FIRST_ARGMAX)}(${x}, ${axis})`,
  cases: [
    { in: ['f32[3,5]'], params: { axis: 1 }, tol: 0 },
    { in: ['f32[4,2,3]'], params: { axis: 0 }, tol: 0 },
    { in: ['bf16[3,4]'], params: { axis: 1 }, tol: 0 },
    { in: ['f32[1]'], params: { axis: 0 }, tol: 0 },
    // Large enough to be halved.
    { in: ['f32[9,513]'], params: { axis: 1 }, tol: 0 },
  ],
})
