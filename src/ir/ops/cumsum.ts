import { definePrimitive, type HloRef, type StableHloEmitter, TypeFault } from '../primitive.ts'
import { forEachIndex, positionOf, refZeros, wrap } from '../reference.ts'
import { elementCount, showType, stridesOf, type TensorType, tensor } from '../types.ts'
import { pyBool, pyTuples } from './python.ts'
import { i64s, notBool, unary } from './rules.ts'

export type CumsumParams = {
  readonly axis: number
  /** Sums from the end of the axis instead of from its start. */
  readonly reverse: boolean
  /** Leaves each element out of its own sum: the first one is 0. */
  readonly exclusive: boolean
}

/** Running sums along one axis; integers wrap. The gradient runs the other way. */
export const cumsum = definePrimitive<CumsumParams>({
  name: 'cumsum',
  type: (ins, { axis }) => {
    const x = notBool(unary(ins))
    if (x.shape[axis] === undefined)
      throw new TypeFault(`no running sum along axis ${axis} of ${showType(x)}`)
    return [x]
  },
  vjp: ({ b, params, ct }) => [b.cumsum(ct, params.axis, { ...params, reverse: !params.reverse })],
  reference: ([x], { axis, reverse, exclusive }, [out]) => {
    const result = refZeros(out!)
    const strides = stridesOf(out!.shape)
    const n = out!.shape[axis]!
    const starts = out!.shape.map((d, i) => (i === axis ? Math.min(d, 1) : d))
    forEachIndex(starts, index => {
      const base = positionOf(index, strides)
      let sum = 0
      for (let k = 0; k < n; k++) {
        const p = base + (reverse ? n - 1 - k : k) * strides[axis]!
        const next = wrap(out!.dtype, sum + x!.data[p]!)
        result.data[p] = exclusive ? sum : next
        sum = next
      }
    })
    return [result]
  },
  stablehlo: (e, [x], { axis, reverse, exclusive }, [out]) => {
    if (elementCount(out!.shape) === 0) return [x!]
    const turn = (v: HloRef) =>
      reverse ? e.op('stablehlo.reverse', [v], v.type, `dimensions = ${i64s([axis])}`) : v
    const forward = turn(x!)
    return [turn(runningSums(e, exclusive ? shifted(e, forward, axis) : forward, axis))]
  },
  tfjs: { onHost: 'kernels sum along the last axis only' },
  jax: ([x], { axis, reverse, exclusive }, j) => {
    const { dtype, shape } = j.ins[0]!
    // An exclusive sum is that of elements one place on, a 0 first.
    const by = (n: number) => shape.map((_, i) => (i !== axis ? 0 : reverse ? -n : n))
    const moved = `lax.pad(${x}, ${j.dtype(dtype)}(0), ${pyTuples(by(1), by(-1), by(0))})`
    const summed = exclusive && shape[axis] !== 0 ? moved : x
    return `lax.cumsum(${summed}, axis=${axis}, reverse=${pyBool(reverse)})`
  },
  cases: [
    { in: ['f32[7]'], params: { axis: 0, reverse: false, exclusive: false } },
    { in: ['f32[2,3,4]'], params: { axis: 1, reverse: false, exclusive: true } },
    { in: ['f32[3,5]'], params: { axis: 1, reverse: true, exclusive: false } },
    { in: ['f32[5,3]'], params: { axis: 0, reverse: true, exclusive: true } },
    { in: ['f32[3,1]'], params: { axis: 1, reverse: false, exclusive: false }, tol: 0 },
    { in: ['f32[2,133]'], params: { axis: 1, reverse: false, exclusive: false } },
    { in: ['f32[70,3]'], params: { axis: 0, reverse: true, exclusive: true } },
    { in: ['bf16[2,9]'], params: { axis: 1, reverse: false, exclusive: false }, tol: 0.05 },
    {
      in: [{ type: 's32[3,40]', range: [-9, 9] }],
      params: { axis: 1, reverse: true, exclusive: false },
      tol: 0,
    },
    {
      in: [{ type: 'u32[41]', range: [0, 4294967295] }],
      params: { axis: 0, reverse: false, exclusive: true },
      tol: 0,
    },
    {
      in: [{ type: 'u8[9]', range: [0, 255] }],
      params: { axis: 0, reverse: false, exclusive: false },
      tol: 0,
    },
    {
      in: [{ type: 's64[4,3]', range: [-1e6, 1e6] }],
      params: { axis: 0, reverse: false, exclusive: false },
      tol: 0,
    },
  ],
})

/** Moves every element one place on along the axis, a 0 first. */
function shifted(e: StableHloEmitter, x: HloRef, axis: number): HloRef {
  const shape = x.type.shape
  const at = (here: number) => i64s(shape.map((_, i) => (i === axis ? here : 0)))
  const limit = shape.map((d, i) => (i === axis ? d - 1 : d))
  const cut = e.op(
    'stablehlo.slice',
    [x],
    tensor(x.type.dtype, limit),
    `start_indices = ${at(0)}, limit_indices = ${i64s(limit)}, strides = ${i64s(shape.map(() => 1))}`,
  )
  const zero = e.splat(tensor(x.type.dtype, []), 0)
  return e.op(
    'stablehlo.pad',
    [cut, zero],
    x.type,
    `edge_padding_low = ${at(1)}, edge_padding_high = ${at(0)}, interior_padding = ${at(0)}`,
  )
}

/**
 * A window over all elements before and at each one. XLA knows this form and makes a blocked scan of it:
 * 0.22 ms for 65,536 f32, against 1.2 for log-step additions and 0.56 for a hand-blocked scan.
 */
function runningSums(e: StableHloEmitter, x: HloRef, axis: number): HloRef {
  const shape = x.type.shape
  const n = shape[axis]!
  const scalar: TensorType = tensor(x.type.dtype, [])
  const rows = shape.map((_, i) => `[${i === axis ? n - 1 : 0}, 0]`).join(', ')
  return e.op(
    'stablehlo.reduce_window',
    [x, e.splat(scalar, 0)],
    x.type,
    `window_dimensions = ${i64s(shape.map((_, i) => (i === axis ? n : 1)))}, padding = dense<[${rows}]> : tensor<${shape.length}x2xi64>`,
    e.reducer('stablehlo.add', scalar),
  )
}
