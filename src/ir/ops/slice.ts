import { definePrimitive, TypeFault } from '../primitive.ts'
import { refGatherBy } from '../reference.ts'
import { showType, tensor } from '../types.ts'
import { casesIn } from './cases.ts'
import { i64s, unary } from './rules.ts'

/** Elements start, start + stride … below limit, along each axis. */
export const slice = definePrimitive<{
  readonly start: readonly number[]
  readonly limit: readonly number[]
  readonly strides: readonly number[]
}>({
  name: 'slice',
  type: (ins, { start, limit, strides }) => {
    const x = unary(ins)
    const inside =
      [start, limit, strides].every(p => p.length === x.shape.length && p.every(Number.isInteger)) &&
      x.shape.every((d, i) => start[i]! >= 0 && start[i]! <= limit[i]! && limit[i]! <= d && strides[i]! >= 1)
    if (!inside) throw new TypeFault(`[${start}] to [${limit}] by [${strides}] is outside ${showType(x)}`)
    const shape = x.shape.map((_, i) => Math.ceil((limit[i]! - start[i]!) / strides[i]!))
    return [tensor(x.dtype, shape)]
  },
  vjp: ({ b, ins: [x], outs: [y], params: { start, strides }, ct }) => {
    // The last element taken, plus one; a stride may leave a rest behind it.
    const end = y!.type.shape.map((n, i) => (n === 0 ? start[i]! : start[i]! + (n - 1) * strides[i]! + 1))
    return [
      b.pad(
        ct,
        start,
        x!.type.shape.map((d, i) => d - end[i]!),
        0,
        strides.map(s => s - 1),
      ),
    ]
  },
  reference: ([x], { start, strides }, [out]) =>
    refGatherBy(out!, x!, (index, s) =>
      index.reduce((p, k, i) => p + (start[i]! + k * strides[i]!) * s[i]!, 0),
    ),
  stablehlo: (e, ins, { start, limit, strides }, [out]) => [
    e.op(
      'stablehlo.slice',
      ins,
      out!,
      `start_indices = ${i64s(start)}, limit_indices = ${i64s(limit)}, strides = ${i64s(strides)}`,
    ),
  ],
  tfjs: (tf, [x], { start, strides }, [out]) => [tf.slice(x!, start, out!.shape, strides)],
  jax: ([x], { start, limit, strides }) => {
    if (start.length === 0) return x!
    const along = start.map((from, i) => `${from}:${limit[i]}${strides[i] === 1 ? '' : `:${strides[i]}`}`)
    return `${x}[${along.join(', ')}]`
  },
  cases: [
    { in: ['f32[4,5]'], params: { start: [1, 0], limit: [3, 5], strides: [1, 2] }, tol: 0 },
    { in: ['f32[7]'], params: { start: [1], limit: [6], strides: [3] }, tol: 0 },
    { in: ['f32[9,4]'], params: { start: [1, 2], limit: [9, 3], strides: [4, 1] }, tol: 0 },
    { in: ['f32[6]'], params: { start: [3], limit: [3], strides: [2] }, tol: 0 },
    { in: ['f32[]'], params: { start: [], limit: [], strides: [] }, tol: 0 },
    ...casesIn(['bf16', 's32', 'u32', 's64', 'u8', 'bool'], ['T[4,5]'], {
      start: [1, 0],
      limit: [3, 5],
      strides: [1, 2],
    }),
  ],
})
