import { definePrimitive, TypeFault } from '../primitive.ts'
import { refGatherBy } from '../reference.ts'
import { showType, tensor } from '../types.ts'
import { casesIn } from './cases.ts'
import { pyTuple } from './python.ts'
import { checkShape, i64s, unary } from './rules.ts'

/** Axis i of x becomes axis `dims[i]` of `shape`, unchanged in size; x repeats along the other axes. */
export const broadcast = definePrimitive<{
  readonly shape: readonly number[]
  readonly dims: readonly number[]
}>({
  name: 'broadcast',
  type: (ins, { shape, dims }) => {
    const x = unary(ins)
    const fits =
      dims.length === x.shape.length &&
      dims.every((d, i) => shape[d] === x.shape[i] && (i === 0 || d > dims[i - 1]!))
    if (!fits) throw new TypeFault(`axes [${dims}] of [${shape}] can't hold ${showType(x)}`)
    return [tensor(x.dtype, checkShape(shape))]
  },
  vjp: ({ b, params: { shape, dims }, ct }) => [
    b.sum(
      ct,
      shape.map((_, i) => i).filter(i => !dims.includes(i)),
    ),
  ],
  reference: ([x], { dims }, [out]) =>
    refGatherBy(out!, x!, (index, strides) => dims.reduce((p, d, i) => p + index[d]! * strides[i]!, 0)),
  stablehlo: (e, ins, { dims }, [out]) => [
    e.op('stablehlo.broadcast_in_dim', ins, out!, `broadcast_dimensions = ${i64s(dims)}`),
  ],
  tfjs: (tf, [x], { shape, dims }) => [tf.broadcast(x!, shape, dims)],
  jax: ([x], { shape, dims }) => {
    const trailing = dims.every((d, i) => d === shape.length - dims.length + i)
    if (trailing) return `jnp.broadcast_to(${x}, ${pyTuple(shape)})`
    return `lax.broadcast_in_dim(${x}, ${pyTuple(shape)}, ${pyTuple(dims)})`
  },
  cases: [
    { in: ['f32[3]'], params: { shape: [2, 3], dims: [1] }, tol: 0 },
    { in: ['f32[]'], params: { shape: [2, 2], dims: [] }, tol: 0 },
    { in: ['f32[2,4]'], params: { shape: [2, 3, 4], dims: [0, 2] }, tol: 0 },
    { in: [{ type: 'bool[2]', range: [0, 1] }], params: { shape: [2, 3], dims: [0] }, tol: 0 },
    { in: ['f32[1,3]'], params: { shape: [2, 1, 3, 2], dims: [1, 2] }, tol: 0 },
    ...casesIn(['bf16', 's32', 'u32', 's64', 'u8'], ['T[2,3]'], { shape: [2, 2, 3], dims: [0, 2] }),
  ],
})
