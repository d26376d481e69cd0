import type { Builder } from '../builder.ts'
import { definePrimitive, TypeFault } from '../primitive.ts'
import type { Var } from '../program.ts'
import { forEachIndex, refMap, refZeros, wrap } from '../reference.ts'
import { elementCount, showType, stridesOf, tensor } from '../types.ts'
import { casesIn } from './cases.ts'
import { interleave } from './interleave.ts'
import { pyTuple, pyTuples } from './python.ts'
import { lowerWindows, windowsTfjs } from './reduceWindowForms.ts'
import { notBool, unary } from './rules.ts'
import { dilated, lowest, windowCount } from './windows.ts'

/** Windows over an array; lists have one number for each axis (1, 1, 0, 0 for an axis left alone). */
export type WindowDims = {
  readonly window: readonly number[]
  readonly strides: readonly number[]
  /** Elements put before and after each axis: zeros for a sum, the lowest value for a maximum. */
  readonly low: readonly number[]
  readonly high: readonly number[]
}

/**
 * The largest element or the sum of each window. Where several elements of a window are the largest, the first in
 * row-major order takes the gradient, as in PyTorch. Integer sums wrap. A NaN is passed on or passed over by a
 * maximum, as in `max`.
 */
export const reduceWindow = definePrimitive<WindowDims & { readonly kind: 'max' | 'sum' }>({
  name: 'reduce_window',
  type: (ins, d) => {
    const x = notBool(unary(ins))
    const rank = x.shape.length
    const lists = [
      { list: d.window, least: 1 },
      { list: d.strides, least: 1 },
      { list: d.low, least: 0 },
      { list: d.high, least: 0 },
    ]
    if (
      lists.some(
        ({ list, least }) => list.length !== rank || list.some(n => !Number.isInteger(n) || n < least),
      )
    )
      throw new TypeFault(
        `windows [${d.window}], strides [${d.strides}] and padding [${d.low}], [${d.high}] don't fit ${showType(x)}`,
      )
    const shape = x.shape.map((n, i) => windowCount(n + d.low[i]! + d.high[i]!, d.window[i]!, d.strides[i]!))
    return [tensor(x.dtype, shape)]
  },
  vjp: ({ b, ins: [x], outs: [y], params: d, ct }) => {
    if (elementCount(ct.type.shape) === 0) return [b.zerosLike(x!)]
    return [d.kind === 'sum' ? sumGradient(b, x!, ct, d) : maxGradient(b, x!, y!, ct, d)]
  },
  reference: ([x], d, [out]) => {
    const result = refZeros(out!)
    const max = d.kind === 'max'
    if (max) result.data.fill(lowest(out!.dtype))
    const strides = stridesOf(x!.type.shape)
    forEachIndex(out!.shape, (index, p) => {
      forEachIndex(d.window, k => {
        let q = 0
        for (let i = 0; i < k.length; i++) {
          const at = index[i]! * d.strides[i]! + k[i]! - d.low[i]!
          if (at < 0 || at >= x!.type.shape[i]!) return
          q += at * strides[i]!
        }
        const value = x!.data[q]!
        result.data[p] = max ? Math.max(result.data[p]!, value) : result.data[p]! + value
      })
    })
    return max ? [result] : refMap(out!, [result], total => wrap(out!.dtype, total!))
  },
  stablehlo: (e, [x], d, [out]) => [lowerWindows(e, x!, d, out!)],
  tfjs: (tf, [x], d) => [windowsTfjs(tf, x!, d)],
  jax: ([x], d, j) => {
    const { dtype } = j.outs[0]!
    const [start, reducer] = d.kind === 'max' ? [lowest(dtype), 'lax.max'] : [0, 'lax.add']
    const windows = `${pyTuple(d.window)}, ${pyTuple(d.strides)}, ${pyTuples(d.low, d.high)}`
    return `lax.reduce_window(${x}, ${j.dtype(dtype)}(${j.number(dtype, start)}), ${reducer}, ${windows})`
  },
  cases: [
    { in: ['f32[2,6,4,3]'], params: { kind: 'max', ...square(2) }, tol: 0 },
    { in: ['f32[2,6,4,3]'], params: { kind: 'sum', ...square(2) } },
    // Sizes that the stride does not divide.
    { in: ['f32[2,7,5,2]'], params: { kind: 'max', ...square(2) }, tol: 0 },
    { in: ['f32[2,7,5,2]'], params: { kind: 'sum', ...square(2) } },
    // Overlapping windows, with padding.
    { in: ['f32[2,7,6,2]'], params: { kind: 'max', ...square(3, 2, 1) }, tol: 0 },
    { in: ['f32[2,7,6,2]'], params: { kind: 'sum', ...square(3, 2, 1) } },
    // Gaps between windows.
    { in: ['f32[1,9,8,2]'], params: { kind: 'max', ...square(2, 3) }, tol: 0 },
    { in: ['f32[1,9,8,2]'], params: { kind: 'sum', ...square(2, 3) } },
    { in: ['f32[9]'], params: { kind: 'max', window: [3], strides: [1], low: [2], high: [1] }, tol: 0 },
    { in: ['f32[9]'], params: { kind: 'sum', window: [3], strides: [1], low: [2], high: [4] } },
    // More taps than the elementwise form takes.
    {
      in: ['f32[2,40]'],
      params: { kind: 'max', window: [1, 19], strides: [1, 3], low: [0, 4], high: [0, 5] },
      tol: 0,
    },
    {
      in: ['f32[2,40]'],
      params: { kind: 'sum', window: [1, 19], strides: [1, 3], low: [0, 4], high: [0, 5] },
    },
    {
      in: ['f32[4,5,6]'],
      params: { kind: 'max', window: [2, 3, 4], strides: [1, 2, 2], low: [1, 0, 2], high: [0, 1, 1] },
      tol: 0,
    },
    {
      in: ['f32[4,5,6]'],
      params: { kind: 'sum', window: [2, 3, 4], strides: [1, 2, 2], low: [1, 0, 2], high: [0, 1, 1] },
    },
    {
      in: [{ type: 's32[7,5]', range: [-9, 9] }],
      params: { kind: 'max', window: [3, 2], strides: [2, 2], low: [1, 1], high: [1, 0] },
      tol: 0,
    },
    {
      in: [{ type: 'u8[7]', range: [0, 255] }],
      params: { kind: 'sum', window: [3], strides: [2], low: [1], high: [0] },
      tol: 0,
    },
    {
      in: ['bf16[7,5]'],
      params: { kind: 'max', window: [3, 2], strides: [2, 2], low: [1, 1], high: [1, 0] },
      tol: 0,
    },
    {
      in: ['bf16[7,5]'],
      params: { kind: 'sum', window: [3, 2], strides: [2, 2], low: [1, 1], high: [1, 0] },
      tol: 2e-2,
    },
    {
      in: ['f32[2,3]'],
      params: { kind: 'max', window: [3, 2], strides: [1, 1], low: [0, 0], high: [0, 0] },
      tol: 0,
    },
    {
      in: ['f32[0,3]'],
      params: { kind: 'sum', window: [2, 2], strides: [1, 1], low: [1, 0], high: [1, 0] },
      tol: 0,
    },
    { in: ['f32[]'], params: { kind: 'max', window: [], strides: [], low: [], high: [] }, tol: 0 },
    ...casesIn(['u32', 's64'], ['T[7,5]'], {
      kind: 'max',
      window: [3, 2],
      strides: [2, 2],
      low: [1, 1],
      high: [1, 0],
    }),
    ...casesIn(['s32', 'u32', 's64'], ['T[7,5]'], {
      kind: 'sum',
      window: [3, 2],
      strides: [2, 2],
      low: [1, 1],
      high: [1, 0],
    }),
  ],
})

/** Windows of `size` squared over pictures [N, H, W, C]. */
function square(size: number, stride = size, padding = 0): WindowDims {
  const both = (n: number, rest: number): number[] => [rest, n, n, rest]
  return { window: both(size, 1), strides: both(stride, 1), low: both(padding, 0), high: both(padding, 0) }
}

/** Each element gets the sum of the cotangents of the windows it lies in. */
function sumGradient(b: Builder, x: Var, ct: Var, d: WindowDims): Var {
  const apart = d.window.every((w, i) => w === d.strides[i] && d.low[i] === 0 && d.high[i] === 0)
  return apart ? repeat(b, ct, d.window, x.type.shape) : eachAxis(b, x, ct, d)
}

/** Each element `times[i]` times in a row along each axis i, then zeros up to `shape`. */
function repeat(b: Builder, x: Var, times: readonly number[], shape: readonly number[]): Var {
  const from = x.type.shape
  const all = b.broadcast(
    x,
    from.flatMap((n, i) => [n, times[i]!]),
    from.map((_, i) => 2 * i),
  )
  const flat = b.reshape(
    all,
    from.map((n, i) => n * times[i]!),
  )
  const rest = shape.map((n, i) => n - flat.type.shape[i]!)
  const none = rest.map(() => 0)
  return rest.some(n => n > 0) ? b.pad(flat, none, rest) : flat
}

/** A sum over a window is a sum over its axes in turn, and so is its gradient. */
function eachAxis(b: Builder, x: Var, ct: Var, d: WindowDims): Var {
  let g = ct
  for (const axis of activeAxes(d)) {
    const shape = g.type.shape.map((n, i) => (i === axis ? x.type.shape[i]! : n))
    const taps = d.window[axis]!
    const at = (k: number): number[] => shape.map((_, i) => (i === axis ? k : 0))
    const parts = Array.from({ length: taps }, (_, k) => ({ at: at(k), value: g }))
    g = assemble(b, parts, shape, along(d, axis))
  }
  return g
}

/** Above this many elements in a window its maximum goes back one axis at a time. */
const MOST_TAPS = 16

/**
 * Of each window's elements in turn, the first that equals the maximum takes the cotangent. A maximum over a
 * window is a maximum over its last axis, then over the one before, and so on, and the first of equals in
 * row-major order is the first along each: so a large window takes its axes one by one.
 */
function maxGradient(b: Builder, x: Var, y: Var, ct: Var, d: WindowDims): Var {
  const axes = activeAxes(d)
  if (elementCount(d.window) <= MOST_TAPS || axes.length === 1) return firstTakes(b, x, y, ct, d)
  const values = [x]
  for (const axis of axes.toReversed()) values.unshift(b.reduceWindow('max', values[0]!, along(d, axis)))
  let g = ct
  axes.forEach((axis, i) => {
    g = firstTakes(b, values[i + 1]!, values[i]!, g, along(d, axis))
  })
  return g
}

const activeAxes = (d: WindowDims): number[] =>
  d.window
    .map((_, i) => i)
    .filter(i => d.window[i]! > 1 || d.strides[i]! > 1 || d.low[i]! > 0 || d.high[i]! > 0)

const along = (d: WindowDims, axis: number): WindowDims => {
  const only = (list: readonly number[], rest: number) => list.map((n, i) => (i === axis ? n : rest))
  return {
    window: only(d.window, 1),
    strides: only(d.strides, 1),
    low: only(d.low, 0),
    high: only(d.high, 0),
  }
}

function firstTakes(b: Builder, x: Var, y: Var, ct: Var, d: WindowDims): Var {
  const padded = d.low.some((n, i) => n + d.high[i]! > 0) ? b.pad(x, d.low, d.high) : x
  const zero = b.zerosLike(ct)
  const parts: Part[] = []
  let open: Var | undefined
  forEachIndex(d.window, k => {
    const at = [...k]
    const end = at.map((n, i) => n + dilated(ct.type.shape[i]!, d.strides[i]!))
    let hit = b.compare('EQ', b.slice(padded, at, end, d.strides), y)
    for (const [axis, inside] of insides(x, ct, d, at))
      hit = b.and(hit, b.broadcast(inside(b), hit.type.shape, [axis]))
    const first: Var = open ? b.and(hit, open) : hit
    open = open ? b.and(open, b.not(hit)) : b.not(hit)
    parts.push({ at, value: b.select(first, ct, zero) })
  })
  return assemble(b, parts, x.type.shape, d)
}

/** Along the axes where element `at` of some window is padding, which takes nothing even if it equals the maximum. */
function insides(x: Var, ct: Var, d: WindowDims, at: readonly number[]): [number, (b: Builder) => Var][] {
  return at.flatMap((k, axis) => {
    const count = ct.type.shape[axis]!
    const real = Array.from({ length: count }, (_, j) => {
      const from = j * d.strides[axis]! + k - d.low[axis]!
      return from >= 0 && from < x.type.shape[axis]! ? 1 : 0
    })
    const constant = (b: Builder): Var => b.constant({ dtype: 'bool', shape: [count] }, real)
    return real.includes(0) ? [[axis, constant] as [number, (b: Builder) => Var]] : []
  })
}

/** What element `at` of every window gets, in the order of the windows. */
interface Part {
  readonly at: readonly number[]
  readonly value: Var
}

/**
 * Adds parts up where their elements stand in the unpadded array. Elements of one residue by the strides lie side
 * by side, so each residue is summed by itself and the sums are interleaved: windows that don't overlap need no
 * sum at all.
 */
function assemble(b: Builder, parts: readonly Part[], shape: readonly number[], d: WindowDims): Var {
  const extent = shape.map((n, i) => Math.ceil((n + d.low[i]! + d.high[i]!) / d.strides[i]!))
  const build = (residue: readonly number[]): Var => {
    const axis = residue.length
    if (axis < shape.length) {
      const next = Array.from({ length: d.strides[axis]! }, (_, r) => build([...residue, r]))
      return interleave(b, next, axis)
    }
    const own = parts.filter(p => p.at.every((k, i) => k % d.strides[i]! === residue[i]))
    const shifted = own.map(({ at, value }) => {
      const low = at.map((k, i) => Math.floor(k / d.strides[i]!))
      const high = extent.map((n, i) => n - value.type.shape[i]! - low[i]!)
      return [...low, ...high].some(n => n > 0) ? b.pad(value, low, high) : value
    })
    const none = (): Var => b.fill({ dtype: parts[0]!.value.type.dtype, shape: extent }, 0)
    return shifted.length > 0 ? shifted.reduce((sum, v) => b.add(sum, v)) : none()
  }
  return b.slice(
    build([]),
    d.low,
    shape.map((n, i) => n + d.low[i]!),
  )
}
