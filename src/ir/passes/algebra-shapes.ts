import * as ops from '../ops/index.ts'
import type { Var } from '../program.ts'
import { sameShape } from '../types.ts'
import { type CleanUp, under } from './algebra-arithmetic.ts'
import type { Site } from './rewrite.ts'

type Axes = readonly number[]

/** The array itself, or reshaped. */
const shaped = (x: Var, shape: Axes, at: Site): Var =>
  sameShape(x.type.shape, shape) ? x : at.emit(ops.reshape, [x], { shape })

const unchanged: CleanUp = ({ ins: [x], outs: [out] }) =>
  sameShape(x!.type.shape, out!.type.shape) ? x : undefined

const overNoAxis: CleanUp = ({ ins: [x], params }) => ((params.axes as Axes).length === 0 ? x : undefined)

/** Rules of axes and places, by primitive: none touches a value. */
export const SHAPES: Readonly<Record<string, CleanUp>> = {
  [ops.reshape.name]: ({ ins: [x], outs: [out] }, at) => {
    const { shape } = out!.type
    const from = under(ops.reshape, x!, at)
    if (from) return shaped(from, shape, at)
    return sameShape(x!.type.shape, shape) ? x : undefined
  },
  [ops.transpose.name]: ({ ins: [x], outs: [out], params }, at) => {
    const inner = at.producer(x!)
    const twice = inner?.prim.name === ops.transpose.name
    const from = twice ? inner.ins[0]! : x!
    const outer = params.permutation as Axes
    const permutation = twice ? outer.map(a => (inner.params.permutation as Axes)[a]!) : outer
    // Axes of size 1 may go anywhere: only the order of the others counts.
    const moved = permutation.filter(a => from.type.shape[a] !== 1)
    if (moved.every((a, i) => i === 0 || a > moved[i - 1]!)) return shaped(from, out!.type.shape, at)
    return twice ? at.emit(ops.transpose, [from], { permutation }) : undefined
  },
  [ops.broadcast.name]: ({ ins: [x], outs: [out], params }, at) => {
    const { shape } = out!.type
    const dims = params.dims as Axes
    // Only axes of size 1 are new.
    if (shape.every((n, i) => n === 1 || dims.includes(i))) return shaped(x!, shape, at)
    const inner = at.producer(x!)
    if (inner?.prim.name !== ops.broadcast.name) return undefined
    const first = inner.params.dims as Axes
    return at.emit(ops.broadcast, [inner.ins[0]!], { shape, dims: first.map(d => dims[d]!) })
  },
  [ops.slice.name]: unchanged,
  [ops.pad.name]: unchanged,
  [ops.concatenate.name]: ({ ins }) => (ins.length === 1 ? ins[0] : undefined),
  [ops.reverse.name]: ({ ins: [x], params }, at) => {
    const axes = params.axes as Axes
    if (axes.every(a => x!.type.shape[a]! <= 1)) return x
    const inner = at.producer(x!)
    const twice = inner?.prim.name === ops.reverse.name && sameShape(inner.params.axes as Axes, axes)
    return twice ? inner.ins[0] : undefined
  },
  ...Object.fromEntries(
    [ops.reduceAnd, ops.reduceMax, ops.reduceMin, ops.reduceOr, ops.reduceProd, ops.reduceSum].map(prim => [
      prim.name,
      overNoAxis,
    ]),
  ),
}
