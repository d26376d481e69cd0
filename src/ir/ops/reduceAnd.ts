import { definePrimitive } from '../primitive.ts'
import { forEachIndex, refZeros } from '../reference.ts'
import { stridesOf } from '../types.ts'
import { pyTuple } from './python.ts'
import { boolLike, dropAxes, i64s, unary } from './rules.ts'
import { reduction } from './tfjsRules.ts'

/** True where every element over the axes is. */
export const reduceAnd = definePrimitive<{ readonly axes: readonly number[] }>({
  name: 'reduce_and',
  type: (ins, { axes }) => [dropAxes(boolLike(unary(ins)), axes)],
  vjp: { notDifferentiable: 'bools have no derivative' },
  reference: ([x], { axes }, [out]) => {
    const result = refZeros(out!)
    result.data.fill(1)
    const kept = stridesOf(out!.shape)
    const at = x!.type.shape.map((_, i) => i).filter(i => !axes.includes(i))
    forEachIndex(x!.type.shape, (index, p) => {
      const q = at.reduce((sum, axis, k) => sum + index[axis]! * kept[k]!, 0)
      if (x!.data[p] === 0) result.data[q] = 0
    })
    return [result]
  },
  stablehlo: (e, [x], { axes }, [out]) => {
    const scalar = { dtype: out!.dtype, shape: [] }
    const region = e.reducer('stablehlo.and', scalar)
    return [e.op('stablehlo.reduce', [x!, e.splat(scalar, 1)], out!, `dimensions = ${i64s(axes)}`, region)]
  },
  tfjs: reduction(
    'All',
    'axis',
    (x, y) => x & y,
    () => 1,
  ),
  jax: ([x], { axes }) => `jnp.all(${x}, axis=${pyTuple(axes)})`,
  cases: [
    { in: [{ type: 'bool[8,3]', range: [0, 1] }], params: { axes: [1] }, tol: 0 },
    { in: [{ type: 'bool[3,2,4]', range: [0, 1] }], params: { axes: [0, 2] }, tol: 0 },
    { in: [{ type: 'bool[5]', range: [1, 1] }], params: { axes: [0] }, tol: 0 },
  ],
})
