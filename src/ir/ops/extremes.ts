import type { Case, HloRef, JaxEmitter, StableHloEmitter, VjpArgs } from '../primitive.ts'
import { forEachIndex, type RefTensor, refZeros } from '../reference.ts'
import { type DType, elementCount, isFloat, stridesOf, type TensorType, tensor } from '../types.ts'
import { pyTuple } from './python.ts'
import { i64s } from './rules.ts'

/** What the reductions to the largest and to the smallest element share. */

/** Below this many elements a plain reduce costs nothing worth saving. */
const HALVING_FROM = 4096

const LOWEST: Partial<Record<string, number>> = { s32: -(2 ** 31), s64: -(2 ** 63), u32: 0, u8: 0 }
// The largest s64 has no double; the oracle takes the largest double below it.
const HIGHEST: Partial<Record<string, number>> = {
  s32: 2 ** 31 - 1,
  s64: 2 ** 63 - 1024,
  u32: 2 ** 32 - 1,
  u8: 255,
}

export type Extreme = 'largest' | 'smallest'
interface Axes {
  readonly axes: readonly number[]
}

/** The gradient, in equal shares to the elements that are equal to the result. */
export function shareAmongEqual({ b, ins: [x], outs: [y], params: { axes }, ct }: VjpArgs<Axes>) {
  const shape = x!.type.shape
  const kept = shape.map((_, i) => i).filter(i => !axes.includes(i))
  const hits = b.convert(b.compare('EQ', x!, b.broadcast(y!, shape, kept)), x!.type.dtype)
  const share = b.div(ct, b.sum(hits, axes))
  return [b.mul(hits, b.broadcast(share, shape, kept))]
}

/** The value that any other of a dtype replaces; for s64 the double next to it. */
export const worstOf = (which: Extreme, dtype: DType): number =>
  which === 'largest' ? (LOWEST[dtype] ?? -Infinity) : (HIGHEST[dtype] ?? Infinity)

export function refExtreme(
  which: Extreme,
  x: RefTensor,
  axes: readonly number[],
  out: TensorType,
): RefTensor {
  const result = refZeros(out)
  const better = which === 'largest' ? Math.max : Math.min
  result.data.fill(worstOf(which, out.dtype))
  const kept = stridesOf(out.shape)
  const at = x.type.shape.map((_, i) => i).filter(i => !axes.includes(i))
  forEachIndex(x.type.shape, (index, p) => {
    const q = at.reduce((sum, axis, k) => sum + index[axis]! * kept[k]!, 0)
    result.data[q] = better(result.data[q]!, x.data[p]!)
  })
  return result
}

/** The StableHLO form that this XLA runs fast on a CPU. */
export function lowerExtreme(
  e: StableHloEmitter,
  which: Extreme,
  x: HloRef,
  axes: readonly number[],
  out: TensorType,
): HloRef {
  const op = which === 'largest' ? 'stablehlo.maximum' : 'stablehlo.minimum'
  let ref = x
  // XLA's CPU compiler does not vectorise a max reduction, so the last axis is first halved by
  // elementwise maxima, which it does vectorise.
  const last = ref.type.shape.length - 1
  if (axes.includes(last) && elementCount(ref.type.shape) >= HALVING_FROM) ref = halveLastAxis(e, op, ref)
  const scalar = tensor(out.dtype, [])
  const region = e.reducer(op, scalar)
  return e.op('stablehlo.reduce', [ref, worst(e, which, scalar)], out, `dimensions = ${i64s(axes)}`, region)
}

/** The value that any other replaces. */
function worst(e: StableHloEmitter, which: Extreme, scalar: TensorType): HloRef {
  if (isFloat(scalar.dtype)) return e.splat(scalar, which === 'largest' ? -Infinity : Infinity)
  const lowest = e.splat(scalar, LOWEST[scalar.dtype]!)
  // All bits of the lowest integer turned round make the highest, exactly, also in s64.
  return which === 'largest' ? lowest : e.op('stablehlo.not', [lowest], scalar)
}

/** Elementwise extremes of the two halves of the last axis, until it is short. */
function halveLastAxis(e: StableHloEmitter, op: string, x: HloRef): HloRef {
  let ref = x
  let n = ref.type.shape.at(-1)!
  while (n > 1) {
    const half = Math.ceil(n / 2)
    // An odd length overlaps by one element, which an extreme doesn't mind.
    ref = e.op(op, [part(e, ref, 0, half), part(e, ref, n - half, n)], withLast(ref.type, half))
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

/** Python of it; an empty reduction needs a start. */
export function extremeInJax(which: Extreme, x: string, axes: readonly number[], j: JaxEmitter): string {
  const { dtype, shape } = j.ins[0]!
  const [name, bounds, end] = which === 'largest' ? ['max', LOWEST, -Infinity] : ['min', HIGHEST, Infinity]
  const empty = axes.some(axis => shape[axis] === 0)
  const start = empty ? `, initial=${j.number(dtype, bounds[dtype] ?? end)}` : ''
  return `jnp.${name}(${x}, axis=${pyTuple(axes)}${start})`
}

/** What `reduce_max` and `reduce_min` are checked on: every axis pattern of `lowerExtreme`, every dtype. */
export const extremeCases: readonly Case<{ readonly axes: readonly number[] }>[] = [
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
]
