import { definePrimitive, type HloRef, type StableHloEmitter } from '../primitive.ts'
import { forEachIndex, refZeros } from '../reference.ts'
import { elementCount, stridesOf, type TensorType, tensor } from '../types.ts'
import { dropAxes, i64s, notBool, unary } from './rules.ts'

const LOWEST: Partial<Record<string, number>> = { s32: -(2 ** 31), s64: -(2 ** 63), u32: 0, u8: 0 }

/** Below this many elements a plain reduce costs nothing worth saving. */
const HALVING_FROM = 4096

/**
 * Largest value over axes. Where several are equal, they share the gradient equally. A NaN among them is
 * passed on or passed over, as in `max`.
 */
export const reduceMax = definePrimitive<{ readonly axes: readonly number[] }>({
  name: 'reduce_max',
  type: (ins, { axes }) => [dropAxes(notBool(unary(ins)), axes)],
  vjp: ({ b, ins: [x], outs: [y], params: { axes }, ct }) => {
    const shape = x!.type.shape
    const kept = shape.map((_, i) => i).filter(i => !axes.includes(i))
    const hits = b.convert(b.compare('EQ', x!, b.broadcast(y!, shape, kept)), x!.type.dtype)
    const share = b.div(ct, b.sum(hits, axes))
    return [b.mul(hits, b.broadcast(share, shape, kept))]
  },
  reference: ([x], { axes }, [out]) => {
    const result = refZeros(out!)
    result.data.fill(LOWEST[out!.dtype] ?? -Infinity)
    const kept = stridesOf(out!.shape)
    const at = x!.type.shape.map((_, i) => i).filter(i => !axes.includes(i))
    forEachIndex(x!.type.shape, (index, p) => {
      const q = at.reduce((sum, axis, k) => sum + index[axis]! * kept[k]!, 0)
      result.data[q] = Math.max(result.data[q]!, x!.data[p]!)
    })
    return [result]
  },
  stablehlo: (e, [x], { axes }, [out]) => {
    let ref = x!
    // XLA's CPU compiler does not vectorise a max reduction, so the last axis is first halved by
    // elementwise maxima, which it does vectorise.
    const last = ref.type.shape.length - 1
    if (axes.includes(last) && elementCount(ref.type.shape) >= HALVING_FROM) ref = halveLastAxis(e, ref)
    const scalar = tensor(out!.dtype, [])
    const lowest = e.splat(scalar, LOWEST[out!.dtype] ?? -Infinity)
    const region = e.reducer('stablehlo.maximum', scalar)
    return [e.op('stablehlo.reduce', [ref, lowest], out!, `dimensions = ${i64s(axes)}`, region)]
  },
  cases: [
    { in: ['f32[2,3,4]'], params: { axes: [1] }, tol: 0 },
    { in: ['f32[2,3,4]'], params: { axes: [0, 2] }, tol: 0 },
    { in: ['f32[40,131]'], params: { axes: [1] }, tol: 0 },
    { in: [{ type: 's32[3,4]', range: [-9, 9] }], params: { axes: [0] }, tol: 0 },
    { in: ['f32[8,5,131]'], params: { axes: [0, 2] }, tol: 0 },
    { in: ['f32[2,4099]'], params: { axes: [1] }, tol: 0 },
    { in: ['f32[4100]'], params: { axes: [0] }, tol: 0 },
    { in: ['f32[3,64,64]'], params: { axes: [1, 2] }, tol: 0 },
    { in: ['f32[64,65]'], params: { axes: [0] }, tol: 0 },
    { in: [{ type: 's64[3,4]', range: [-1000000.0, 1000000.0] }], params: { axes: [1] }, tol: 0 },
    { in: [{ type: 'u8[3,4]', range: [0, 255] }], params: { axes: [0, 1] }, tol: 0 },
    { in: [{ type: 'u32[70,60]', range: [0, 4294967295] }], params: { axes: [1] }, tol: 0 },
    { in: ['bf16[3,5]'], params: { axes: [1] }, tol: 0 },
  ],
})

/** Elementwise maxima of the two halves of the last axis, until it is short. */
function halveLastAxis(e: StableHloEmitter, x: HloRef): HloRef {
  let ref = x
  let n = ref.type.shape.at(-1)!
  while (n > 1) {
    const half = Math.ceil(n / 2)
    // An odd length overlaps by one element, which a maximum doesn't mind.
    ref = e.op(
      'stablehlo.maximum',
      [part(e, ref, 0, half), part(e, ref, n - half, n)],
      withLast(ref.type, half),
    )
    n = half
  }
  return ref
}

const withLast = (t: TensorType, n: number): TensorType => tensor(t.dtype, [...t.shape.slice(0, -1), n])

function part(e: StableHloEmitter, x: HloRef, from: number, to: number): HloRef {
  const shape = x.type.shape
  const start = shape.map((_, i) => (i === shape.length - 1 ? from : 0))
  const limit = shape.map((d, i) => (i === shape.length - 1 ? to : d))
  const attributes = `start_indices = ${i64s(start)}, limit_indices = ${i64s(limit)}, strides = ${i64s(shape.map(() => 1))}`
  return e.op('stablehlo.slice', [x], withLast(x.type, to - from), attributes)
}
