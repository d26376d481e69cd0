import * as ops from '../ops/index.ts'
import type { Equation, Var } from '../program.ts'
import { type DType, isFloat } from '../types.ts'
import { filledWith } from './constants.ts'
import type { Site } from './rewrite.ts'

/** The value that takes the place of an equation's only result, or undefined. */
export type CleanUp = (eq: Equation, at: Site) => Var | undefined

/** The operand of an equation of `prim` that made `v`. */
export function under(prim: { readonly name: string }, v: Var, at: Site): Var | undefined {
  const eq = at.producer(v)
  return eq?.prim.name === prim.name ? eq.ins[0] : undefined
}

/** Whether a value is filled with exactly this number: -0 is not 0. */
const isFill = (v: Var, value: number, at: Site): boolean => Object.is(filledWith(v, at), value)

/** Adding it changes no bit: -0 for floats, since 0 + -0 = 0 and -0 + -0 = -0. */
const ZERO_OF_SUMS = (dtype: DType): number => (isFloat(dtype) ? -0 : 0)

const ALL_BITS: Partial<Record<DType, number>> = { s32: -1, s64: -1, u32: 2 ** 32 - 1, u8: 255, bool: 1 }

/** x · x = x for this operation. */
const idempotent: CleanUp = ({ ins: [x, y] }) => (x === y ? x : undefined)

/**
 * Numbers of the first dtype that the others hold without loss, and so tell apart. Bools are left out: XLA makes
 * a select of a product with a converted bool, which loses the sign of a zero.
 */
const HOLDS: Readonly<Record<DType, readonly DType[]>> = {
  bool: [],
  u8: ['s32', 'u32', 's64', 'bf16', 'f32'],
  s32: ['s64'],
  u32: ['s64'],
  bf16: ['f32'],
  s64: [],
  f32: [],
}

/**
 * Rules of arithmetic, by primitive. `x + -y` is not made `x - y`: XLA's own simplifier goes on from the two
 * in different ways, and zeros of the other sign came out.
 */
export const ARITHMETIC: Readonly<Record<string, CleanUp>> = {
  [ops.add.name]: ({ ins: [x, y] }, at) => {
    const zero = ZERO_OF_SUMS(x!.type.dtype)
    if (isFill(y!, zero, at)) return x
    if (isFill(x!, zero, at)) return y
    return undefined
  },
  [ops.sub.name]: ({ ins: [x, y] }, at) => (isFill(y!, 0, at) ? x : undefined),
  [ops.mul.name]: ({ ins: [x, y] }, at) => {
    if (isFill(y!, 1, at)) return x
    if (isFill(x!, 1, at)) return y
    if (isFloat(x!.type.dtype)) return undefined
    return [x!, y!].find(v => isFill(v, 0, at))
  },
  [ops.div.name]: ({ ins: [x, y] }, at) => (isFill(y!, 1, at) ? x : undefined),
  [ops.neg.name]: ({ ins: [x] }, at) => under(ops.neg, x!, at),
  [ops.not.name]: ({ ins: [x] }, at) => under(ops.not, x!, at),
  [ops.abs.name]: ({ ins: [x] }, at) => {
    if (under(ops.abs, x!, at)) return x
    const y = under(ops.neg, x!, at)
    return y && at.emit(ops.abs, [y], {})
  },
  [ops.max.name]: idempotent,
  [ops.min.name]: idempotent,
  [ops.and.name]: (eq, at) => bitwise(eq, at, ALL_BITS[eq.outs[0]!.type.dtype]!, 0),
  [ops.or.name]: (eq, at) => bitwise(eq, at, 0, ALL_BITS[eq.outs[0]!.type.dtype]!),
  [ops.xor.name]: ({ ins: [x, y] }, at) => (isFill(y!, 0, at) ? x : isFill(x!, 0, at) ? y : undefined),
  [ops.select.name]: ({ ins: [condition, x, y] }, at) => {
    if (x === y) return x
    const known = filledWith(condition!, at)
    return known === undefined ? undefined : known ? x : y
  },
  [ops.convert.name]: ({ ins: [x], outs: [out] }, at) => {
    const { dtype } = out!.type
    if (x!.type.dtype === dtype) return x
    const from = under(ops.convert, x!, at)
    if (!from || !HOLDS[from.type.dtype].includes(x!.type.dtype)) return undefined
    return from.type.dtype === dtype ? from : at.emit(ops.convert, [from], { dtype })
  },
  [ops.bitcast.name]: ({ ins: [x], outs: [out] }, at) => {
    const { dtype } = out!.type
    if (x!.type.dtype === dtype) return x
    const from = under(ops.bitcast, x!, at)
    if (!from) return undefined
    return from.type.dtype === dtype ? from : at.emit(ops.bitcast, [from], { dtype })
  },
  [ops.stopGradient.name]: ({ ins: [x] }) => x,
  [ops.straightThrough.name]: ({ ins: [x] }) => x,
}

/** `and` and `or`: the operand that changes nothing goes, the one that decides stays alone. */
function bitwise(eq: Equation, at: Site, neutral: number, deciding: number): Var | undefined {
  const [x, y] = eq.ins
  if (x === y || isFill(y!, neutral, at)) return x
  if (isFill(x!, neutral, at)) return y
  return eq.ins.find(v => isFill(v, deciding, at))
}
