import { definePrimitive, TypeFault } from '../primitive.ts'
import { forEachIndex, refZeros } from '../reference.ts'
import { showType, stridesOf, tensor } from '../types.ts'
import { casesIn } from './cases.ts'
import { pyTuples } from './python.ts'
import { i64s, operands } from './rules.ts'

/** Puts `low` and `high` copies of a scalar around x along each axis, and `interior` between elements. */
export const pad = definePrimitive<{
  readonly low: readonly number[]
  readonly high: readonly number[]
  readonly interior: readonly number[]
}>({
  name: 'pad',
  type: (ins, { low, high, interior }) => {
    const [x, value] = operands(ins, 2)
    if (value!.shape.length !== 0 || value!.dtype !== x!.dtype)
      throw new TypeFault(`the padding value must be ${x!.dtype}[], got ${showType(value!)}`)
    const rank = x!.shape.length
    if ([low, high, interior].some(p => p.length !== rank || p.some(n => !Number.isInteger(n) || n < 0)))
      throw new TypeFault(`padding [${low}], [${high}], [${interior}] doesn't fit ${showType(x!)}`)
    const shape = x!.shape.map((d, i) => d + low[i]! + high[i]! + Math.max(0, d - 1) * interior[i]!)
    return [tensor(x!.dtype, shape)]
  },
  vjp: ({ b, ins: [x], params: { low, interior }, ct, needs }) => {
    const inside = b.slice(
      ct,
      low,
      x!.type.shape.map((d, i) => low[i]! + (d === 0 ? 0 : (d - 1) * (interior[i]! + 1) + 1)),
      interior.map(n => n + 1),
    )
    if (!needs[1]) return [inside, null]
    const all = ct.type.shape.map((_, i) => i)
    return [inside, b.sub(b.sum(ct, all), b.sum(inside, all))]
  },
  reference: ([x, value], { low, interior }, [out]) => {
    const result = refZeros(out!)
    result.data.fill(value!.data[0]!)
    const strides = stridesOf(out!.shape)
    forEachIndex(x!.type.shape, (index, p) => {
      const at = index.reduce((q, k, i) => q + (low[i]! + k * (interior[i]! + 1)) * strides[i]!, 0)
      result.data[at] = x!.data[p]!
    })
    return [result]
  },
  stablehlo: (e, ins, { low, high, interior }, [out]) => [
    e.op(
      'stablehlo.pad',
      ins,
      out!,
      `edge_padding_low = ${i64s(low)}, edge_padding_high = ${i64s(high)}, interior_padding = ${i64s(interior)}`,
    ),
  ],
  tfjs: (tf, [x, value], { low, high, interior }) => [tf.pad(x!, tf.read(value!)[0]!, low, high, interior)],
  jax: ([x, value], { low, high, interior }) => `lax.pad(${x}, ${value}, ${pyTuples(low, high, interior)})`,
  cases: [
    { in: ['f32[2,3]', 'f32[]'], params: { low: [1, 0], high: [0, 2], interior: [0, 1] }, tol: 0 },
    { in: ['f32[3]', 'f32[]'], params: { low: [0], high: [1], interior: [0] }, tol: 0 },
    { in: ['f32[2,3,4]', 'f32[]'], params: { low: [0, 2, 1], high: [1, 0, 3], interior: [3, 1, 0] }, tol: 0 },
    {
      in: [
        { type: 'u8[3]', range: [0, 255] },
        { type: 'u8[]', range: [0, 255] },
      ],
      params: { low: [2], high: [1], interior: [2] },
      tol: 0,
    },
    { in: ['f32[]', 'f32[]'], params: { low: [], high: [], interior: [] }, tol: 0 },
    { in: ['f32[0,2]', 'f32[]'], params: { low: [1, 0], high: [1, 1], interior: [2, 0] }, tol: 0 },
    ...casesIn(['bf16', 's32', 'u32', 's64', 'bool'], ['T[2,3]', 'T[]'], {
      low: [1, 0],
      high: [0, 2],
      interior: [1, 0],
    }),
  ],
})
