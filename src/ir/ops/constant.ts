import { definePrimitive, TypeFault } from '../primitive.ts'
import { refTensor } from '../reference.ts'
import { type DType, elementCount, isFloat, tensor } from '../types.ts'
import { pyTuple } from './python.ts'
import { checkShape, i64s, operands } from './rules.ts'

const RANGES: Partial<Record<DType, readonly [number, number]>> = {
  s32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  s64: [-(2 ** 63), 2 ** 63 - 1024],
  u8: [0, 255],
  bool: [0, 1],
}

/** Whether a dtype has this number, for floats up to rounding. */
function holds(dtype: DType, value: number): boolean {
  if (isFloat(dtype)) return Number.isFinite(Math.fround(value)) || !Number.isFinite(value)
  const [low, high] = RANGES[dtype]!
  return Number.isInteger(value) && value >= low && value <= high
}

/** A constant: every element in row-major order, or one value that fills the shape. */
export const constant = definePrimitive<{
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly values: readonly number[]
}>({
  name: 'constant',
  type: (ins, { dtype, shape, values }) => {
    operands(ins, 0)
    const n = elementCount(checkShape(shape))
    if (values.length !== n && values.length !== 1)
      throw new TypeFault(`${values.length} values for ${n} elements of ${dtype}[${shape}]`)
    const odd = values.find(v => !holds(dtype, v))
    if (odd !== undefined) throw new TypeFault(`${odd} is not a value of ${dtype}`)
    return [tensor(dtype, shape)]
  },
  vjp: () => [],
  reference: (_, { values }, [out]) => {
    const n = elementCount(out!.shape)
    return [refTensor(out!, values.length === n ? values : new Array<number>(n).fill(values[0]!))]
  },
  // A fill is one number, spread, as if a `broadcast` had made it.
  stablehlo: (e, _, { values }, [out]) => {
    if (values.length !== 1) return [e.dense(out!, values)]
    const one = e.splat(tensor(out!.dtype, []), values[0]!)
    if (out!.shape.length === 0) return [one]
    return [e.op('stablehlo.broadcast_in_dim', [one], out!, `broadcast_dimensions = ${i64s([])}`)]
  },
  tfjs: (tf, _, { values }, [out]) => [tf.constant(out!, values)],
  jax: (_, { dtype, shape, values }, j) => {
    const numbers = values.map(v => j.number(dtype, v))
    if (shape.length === 0) return `${j.dtype(dtype)}(${numbers[0]})`
    if (values.length === 1) return `jnp.full(${pyTuple(shape)}, ${numbers[0]}, ${j.dtype(dtype)})`
    const flat = `jnp.array([${numbers.join(', ')}], ${j.dtype(dtype)})`
    return shape.length === 1 ? flat : `${flat}.reshape(${pyTuple(shape)})`
  },
  cases: [
    { in: [], params: { dtype: 'f32', shape: [2, 2], values: [1, -0.1, 3e-8, 4] }, tol: 1e-7 },
    { in: [], params: { dtype: 'f32', shape: [], values: [0.1] }, tol: 1e-7 },
    { in: [], params: { dtype: 'u32', shape: [3], values: [0, 1, 4294967295] }, tol: 0 },
    { in: [], params: { dtype: 'bool', shape: [3], values: [0, 1, 1] }, tol: 0 },
    { in: [], params: { dtype: 's64', shape: [2], values: [-(2 ** 63), 2 ** 53] }, tol: 0 },
    { in: [], params: { dtype: 's32', shape: [2, 1], values: [-2147483648, 2147483647] }, tol: 0 },
    { in: [], params: { dtype: 'u8', shape: [2, 2], values: [255] }, tol: 0 },
    { in: [], params: { dtype: 'f32', shape: [3], values: [Infinity, -Infinity, NaN] }, tol: 0 },
    { in: [], params: { dtype: 'bf16', shape: [3], values: [1.5, -Infinity, NaN] }, tol: 0 },
    { in: [], params: { dtype: 'f32', shape: [0, 2], values: [] }, tol: 0 },
    { in: [], params: { dtype: 'f32', shape: [2, 0], values: [1] }, tol: 0 },
    { in: [], params: { dtype: 'bool', shape: [2, 2], values: [1, 0, 0, 1] }, tol: 0 },
  ],
})
