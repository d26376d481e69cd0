import { bf16Bits, fromBf16Bits } from '../bf16.ts'
import * as ops from '../ops/index.ts'
import type { Equation, Program, Var } from '../program.ts'
import { type RefTensor, refTensor } from '../reference.ts'
import { type DType, elementCount, isFloat, type TensorType, tensor } from '../types.ts'
import { constantValues, emitConstant, expanded } from './constants.ts'
import { rewrite, type Site } from './rewrite.ts'

/** Constants of more different values than this stay as they are: folding would only make the program longer. */
const MOST_VALUES = 256

/**
 * Each is exact, or gives the float nearest to the true result on every backend (IEEE's add, subtract and
 * multiply). Division and the transcendental functions are not here: backends round them as they like; nor are
 * maxima and minima, which may take either of two zeros.
 */
const ELEMENTWISE: ReadonlySet<string> = new Set(
  [
    ops.abs,
    ops.add,
    ops.and,
    ops.compare,
    ops.convert,
    ops.mul,
    ops.neg,
    ops.not,
    ops.or,
    ops.select,
    ops.shiftRightLogical,
    ops.sub,
    ops.xor,
  ].map(prim => prim.name),
)

/** These move values and change none. Of a filled constant each makes a filled constant. */
const MOVING: ReadonlySet<string> = new Set(
  [ops.reshape, ops.reverse, ops.slice, ops.transpose].map(prim => prim.name),
)

/**
 * Computes equations of small constants once, here. Folding is by the reference rule in float64, and only
 * where the result, rounded to its dtype, is bit for bit what a device makes of the rounded operands; so it
 * changes a result neither on the reference nor on a device. NaN, infinities and subnormals (which devices
 * may flush to 0) are never folded, a bfloat16 only where nothing is rounded at all (XLA may keep more
 * precision between two bfloat16 operations). A fill stays one value, whatever its shape.
 */
export function foldConstants(program: Program): Program {
  return rewrite(program, () => (eq, at) => {
    const v = folded(eq, at)
    return v && [v]
  })
}

function folded(eq: Equation, at: Site): Var | undefined {
  const { name } = eq.prim
  const elementwise = ELEMENTWISE.has(name)
  if (!elementwise && !MOVING.has(name) && name !== ops.broadcast.name) return undefined
  const out = eq.outs[0]!.type
  const operands: (readonly number[])[] = []
  for (const v of eq.ins) {
    const values = constantValues(v, at)
    if (!values) return undefined
    operands.push(values)
  }
  const filled = operands.every(values => values.length === 1)
  if (filled && !elementwise) return emitConstant(at, out, operands[0]!)
  if (name === ops.broadcast.name || (!filled && elementCount(out.shape) > MOST_VALUES)) return undefined
  const shapeOf = (v: Var) => (filled ? [] : v.type.shape)
  const ins = eq.ins.map((v, i) =>
    refTensor(tensor(v.type.dtype, shapeOf(v)), filled ? operands[i]! : expanded(operands[i]!, v.type.shape)),
  )
  const values = agreed(eq, ins, filled ? tensor(out.dtype, []) : out)
  return values && emitConstant(at, out, values)
}

/** The reference's results, where a device's are the same ones rounded; undefined where any is not. */
function agreed(eq: Equation, ins: readonly RefTensor[], out: TensorType): readonly number[] | undefined {
  const run = (xs: readonly RefTensor[]) => eq.prim.reference(xs, eq.params, [out], [])[0]!.data
  if (ins.some(x => x.data.some(v => !plain(x.type.dtype, v)))) return undefined
  const ideal = run(ins)
  const device = run(ins.map(x => ({ type: x.type, data: x.data.map(v => round(x.type.dtype, v)) })))
  const same = device.every((v, i) => {
    const exact = out.dtype !== 'bf16' || round('bf16', v) === v
    return exact && plain(out.dtype, ideal[i]!) && Object.is(round(out.dtype, v), round(out.dtype, ideal[i]!))
  })
  // A float beyond an integer's range has no value that all backends agree on.
  const inRange =
    eq.prim.name !== ops.convert.name ||
    isFloat(out.dtype) ||
    out.dtype === 'bool' ||
    !isFloat(ins[0]!.type.dtype) ||
    device.every((v, i) => v === Math.trunc(ins[0]!.data[i]!))
  return same && inRange ? [...ideal] : undefined
}

/** A number that every backend holds alike: an exact integer, or 0 or a normal float. */
function plain(dtype: DType, v: number): boolean {
  if (!isFloat(dtype)) return Number.isSafeInteger(v)
  return v === 0 || (Math.abs(v) >= SMALLEST_NORMAL && Number.isFinite(round(dtype, v)))
}

const SMALLEST_NORMAL = 2 ** -126

const round = (dtype: DType, v: number): number =>
  dtype === 'f32' ? Math.fround(v) : dtype === 'bf16' ? fromBf16Bits(bf16Bits(v)) : v
