import { definePrimitive, type HostData, TypeFault } from '../primitive.ts'
import { forEachIndex } from '../reference.ts'
import { showType, stridesOf } from '../types.ts'
import { casesIn } from './cases.ts'
import { checkWindow, clampedStarts, startsInJax } from './dynamicSlice.ts'

/**
 * x with a window of it replaced, at starts that are computed: operands x, the update and one scalar start
 * an axis. A window that would reach outside is moved inside. The gradient of x is 0 in the window.
 */
export const dynamicUpdateSlice = definePrimitive({
  name: 'dynamic_update_slice',
  type: ins => {
    const [x, update, ...starts] = ins
    if (!x || !update) throw new TypeFault('needs an array and an update')
    if (update.dtype !== x.dtype)
      throw new TypeFault(`dtypes differ: ${showType(x)} and its update ${showType(update)}`)
    checkWindow(x, update.shape, starts)
    return [x]
  },
  vjp: ({ b, ins: [, update, ...starts], ct, needs }) => [
    needs[0] ? b.dynamicUpdateSlice(ct, b.zerosLike(update!), starts) : null,
    needs[1] ? b.dynamicSlice(ct, starts, update!.type.shape) : null,
    ...starts.map(() => null),
  ],
  reference: ([x, update, ...starts]) => {
    const data = Float64Array.from(x!.data)
    const from = clampedStarts(x!.type.shape, update!.type.shape, starts)
    writeWindow(data, x!.type.shape, from, update!.data, update!.type.shape)
    return [{ type: x!.type, data }]
  },
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.dynamic_update_slice', ins, out!)],
  tfjs: (tf, [x, update, ...starts], _, outs) => {
    const at = starts.map(s => ({ data: tf.read(s) }))
    const from = clampedStarts(x!.type.shape, update!.type.shape, at)
    return tf.host([x!, update!], outs, ([all, part], [result]) => {
      result!.set(all!)
      writeWindow(result!, x!.type.shape, from, part!, update!.type.shape)
    })
  },
  jax: ([x, update, ...starts], _, j) =>
    `lax.dynamic_update_slice(${x}, ${update}, ${startsInJax(starts, j)})`,
  cases: [
    {
      in: ['f32[5,4]', 'f32[2,3]', { type: 's32[]', range: [1, 2] }, { type: 's32[]', range: [0, 1] }],
      tol: 0,
    },
    { in: ['f32[6]', 'f32[3]', { type: 's32[]', range: [-9, -1] }], tol: 0 },
    { in: ['f32[6]', 'f32[2]', { type: 'u32[]', range: [7, 4294967295] }], tol: 0 },
    { in: ['f32[]', 'f32[]'], tol: 0 },
    { in: ['bf16[6]', 'bf16[4]', { type: 's32[]', range: [4, 9] }], tol: 0 },
    {
      in: [
        { type: 's64[5,3]', range: [-9e12, 9e12] },
        { type: 's64[1,3]', range: [-9e12, 9e12] },
        { type: 's32[]', range: [1, 3] },
        { type: 's32[]', range: [0, 0] },
      ],
      tol: 0,
    },
    ...casesIn(
      ['s32', 'u32', 'u8', 'bool'],
      ['T[5,4]', 'T[3,2]', { type: 's32[]', range: [0, 2] }, { type: 's32[]', range: [0, 2] }],
    ),
  ],
})

function writeWindow(
  all: HostData,
  shape: readonly number[],
  from: readonly number[],
  part: HostData,
  window: readonly number[],
): void {
  const strides = stridesOf(shape)
  forEachIndex(window, (index, p) => {
    all[index.reduce((q, k, i) => q + (from[i]! + k) * strides[i]!, 0)] = part[p]!
  })
}
