import { definePrimitive, type JaxEmitter, TypeFault } from '../primitive.ts'
import { refGatherBy } from '../reference.ts'
import { showType, type TensorType, tensor } from '../types.ts'
import { casesIn } from './cases.ts'
import { pyTuple } from './python.ts'
import { i64s } from './rules.ts'

/** Starts of a window, one scalar an axis, moved inside the operand as StableHLO does. */
export const clampedStarts = (
  operand: readonly number[],
  window: readonly number[],
  starts: readonly { readonly data: ArrayLike<number> }[],
): number[] => operand.map((d, i) => Math.max(0, Math.min(starts[i]!.data[0]!, d - window[i]!)))

/** What dynamic slices and updates ask of their window and its starts. */
export function checkWindow(x: TensorType, window: readonly number[], starts: readonly TensorType[]): void {
  const fits =
    window.length === x.shape.length &&
    window.every((d, i) => Number.isInteger(d) && d >= 0 && d <= x.shape[i]!)
  if (!fits) throw new TypeFault(`a window [${window}] doesn't fit ${showType(x)}`)
  const scalars = starts.every(s => (s.dtype === 's32' || s.dtype === 'u32') && s.shape.length === 0)
  if (starts.length !== x.shape.length || !scalars)
    throw new TypeFault(
      `${showType(x)} takes ${x.shape.length} starts s32[] or u32[], got ${starts.map(showType).join(', ') || 'none'}`,
    )
}

/**
 * A window of fixed size at starts that are computed: operands x and one scalar start an axis. A window that
 * would reach outside is moved inside.
 */
export const dynamicSlice = definePrimitive<{ readonly sizes: readonly number[] }>({
  name: 'dynamic_slice',
  type: (ins, { sizes }) => {
    const [x, ...starts] = ins
    if (!x) throw new TypeFault('nothing to slice')
    checkWindow(x, sizes, starts)
    return [tensor(x.dtype, sizes)]
  },
  vjp: ({ b, ins: [x, ...starts], ct }) => [
    b.dynamicUpdateSlice(b.zerosLike(x!), ct, starts),
    ...starts.map(() => null),
  ],
  reference: ([x, ...starts], { sizes }, [out]) => {
    const from = clampedStarts(x!.type.shape, sizes, starts)
    return refGatherBy(out!, x!, (index, strides) =>
      index.reduce((p, k, i) => p + (from[i]! + k) * strides[i]!, 0),
    )
  },
  stablehlo: (e, ins, { sizes }, [out]) => [
    e.op('stablehlo.dynamic_slice', ins, out!, `slice_sizes = ${i64s(sizes)}`),
  ],
  tfjs: (tf, [x, ...starts], { sizes }) => {
    const at = starts.map(s => ({ data: tf.read(s) }))
    return [tf.slice(x!, clampedStarts(x!.type.shape, sizes, at), sizes)]
  },
  jax: ([x, ...starts], { sizes }, j) =>
    `lax.dynamic_slice(${x}, ${startsInJax(starts, j)}, ${pyTuple(sizes)})`,
  cases: [
    {
      in: ['f32[5,4]', { type: 's32[]', range: [1, 2] }, { type: 's32[]', range: [0, 1] }],
      params: { sizes: [2, 3] },
      tol: 0,
    },
    { in: ['f32[6]', { type: 's32[]', range: [-9, -1] }], params: { sizes: [3] }, tol: 0 },
    { in: ['f32[6]', { type: 'u32[]', range: [7, 4294967295] }], params: { sizes: [2] }, tol: 0 },
    { in: ['f32[]'], params: { sizes: [] }, tol: 0 },
    { in: ['bf16[6]', { type: 's32[]', range: [4, 9] }], params: { sizes: [4] }, tol: 0 },
    {
      in: [
        { type: 'u8[5,3]', range: [0, 255] },
        { type: 's32[]', range: [1, 3] },
        { type: 's32[]', range: [0, 0] },
      ],
      params: { sizes: [1, 3] },
      tol: 0,
    },
    ...casesIn(
      ['s32', 'u32', 's64', 'bool'],
      ['T[5,4]', { type: 's32[]', range: [0, 2] }, { type: 's32[]', range: [0, 2] }],
      { sizes: [3, 2] },
    ),
  ],
})

/** Starts in Python: JAX counts negative ones from the end, here they are moved inside. */
export const startsInJax = (starts: readonly string[], j: JaxEmitter): string =>
  pyTuple(starts.map((s, i) => (j.ins.at(i - starts.length)!.dtype === 's32' ? `jnp.maximum(${s}, 0)` : s)))
