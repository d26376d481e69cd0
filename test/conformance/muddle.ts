import * as ops from '../../src/ir/ops/index.ts'
import { rewrite, type Site } from '../../src/ir/passes/rewrite.ts'
import { type Program, regionsOf, type Var } from '../../src/ir/program.ts'
import { isFloat } from '../../src/ir/types.ts'
import type { Random } from './values.ts'

/** Detours that give the same value, bit for bit. */
const DETOURS: readonly ((at: Site, v: Var) => Var)[] = [
  (at, v) => at.emit(ops.neg, [at.emit(ops.neg, [v], {})], {}),
  (at, v) => at.emit(ops.mul, [v, filled(at, v, 1)], {}),
  (at, v) => at.emit(ops.add, [filled(at, v, isFloat(v.type.dtype) ? -0 : 0), v], {}),
  (at, v) => at.emit(ops.sub, [v, filled(at, v, 0)], {}),
  (at, v) => {
    // Axes of size 1 are moved by reshapes, which other ways back than this one follow.
    if (v.type.shape.includes(1)) return v
    const permutation = [...v.type.shape.keys()].reverse()
    return at.emit(ops.transpose, [at.emit(ops.transpose, [v], { permutation })], { permutation })
  },
  (at, v) => {
    const flat = at.emit(ops.reshape, [v], { shape: [v.type.shape.reduce((n, d) => n * d, 1)] })
    return at.emit(ops.reshape, [flat], { shape: v.type.shape })
  },
  (at, v) => at.emit(ops.max, [v, v], {}),
  (at, v) => {
    const axes = [...v.type.shape.keys()]
    return at.emit(ops.reverse, [at.emit(ops.reverse, [v], { axes })], { axes })
  },
]

const filled = (at: Site, v: Var, value: number): Var => {
  const one = at.emit(ops.constant, [], { dtype: v.type.dtype, shape: [], values: [value] })
  return at.emit(ops.broadcast, [one], { shape: v.type.shape, dims: [] })
}

/** The same program the long way round: equations twice, results through detours. */
export const muddle = (program: Program, random: Random): Program =>
  rewrite(program, () => (eq, at) => {
    if (eq.outs.length !== 1 || regionsOf(eq).length > 0) return undefined
    const again = () => at.emit(eq.prim, eq.ins, eq.params)
    const twice = [again(), again()]
    const v = twice[random() < 0.5 ? 0 : 1]!
    if (v.type.dtype === 'bool' || random() < 0.5) return [v]
    return [DETOURS[Math.floor(random() * DETOURS.length)]!(at, v)]
  })
