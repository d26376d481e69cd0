import { definePrimitive, TypeFault } from '../primitive.ts'
import { forEachIndex, positionOf, refZeros } from '../reference.ts'
import { showType, stridesOf, tensor } from '../types.ts'
import { casesIn } from './cases.ts'
import { pyTuple } from './python.ts'

/** Joins tensors along one axis; all their other axes agree. */
export const concatenate = definePrimitive<{ readonly axis: number }>({
  name: 'concatenate',
  type: (ins, { axis }) => {
    const first = ins[0]
    if (!first) throw new TypeFault('nothing to join')
    let total = 0
    for (const x of ins) {
      const agrees =
        x.dtype === first.dtype &&
        x.shape.length === first.shape.length &&
        x.shape.every((d, i) => i === axis || d === first.shape[i])
      if (!agrees || x.shape[axis] === undefined)
        throw new TypeFault(`${showType(first)} and ${showType(x)} don't join along axis ${axis}`)
      total += x.shape[axis]
    }
    return [
      tensor(
        first.dtype,
        first.shape.map((d, i) => (i === axis ? total : d)),
      ),
    ]
  },
  vjp: ({ b, ins, params: { axis }, ct, needs }) => {
    let from = 0
    return ins.map((x, i) => {
      const start = from
      from += x.type.shape[axis]!
      return needs[i] ? b.sliceAxis(ct, axis, start, from) : null
    })
  },
  reference: (ins, { axis }, [out]) => {
    const result = refZeros(out!)
    const strides = stridesOf(out!.shape)
    let from = 0
    for (const x of ins) {
      forEachIndex(x.type.shape, (index, p) => {
        result.data[positionOf(index, strides) + from * strides[axis]!] = x.data[p]!
      })
      from += x.type.shape[axis]!
    }
    return [result]
  },
  stablehlo: (e, ins, { axis }, [out]) => [
    e.op('stablehlo.concatenate', ins, out!, `dimension = ${axis} : i64`),
  ],
  tfjs: (tf, ins, { axis }) => [tf.concatenate(ins, axis)],
  jax: (ins, { axis }) => `jnp.concatenate(${pyTuple(ins)}, axis=${axis})`,
  cases: [
    { in: ['f32[2,3]', 'f32[2,1]', 'f32[2,2]'], params: { axis: 1 }, tol: 0 },
    { in: ['f32[1,3]', 'f32[2,3]'], params: { axis: 0 }, tol: 0 },
    { in: ['f32[2,1,2]', 'f32[2,3,2]', 'f32[2,0,2]'], params: { axis: 1 }, tol: 0 },
    {
      in: [
        { type: 'u8[2]', range: [0, 255] },
        { type: 'u8[3]', range: [0, 255] },
      ],
      params: { axis: 0 },
      tol: 0,
    },
    ...casesIn(['bf16', 's32', 'u32', 's64', 'bool'], ['T[2,3]', 'T[2,2]'], { axis: 1 }),
  ],
})
