import { Builder } from '../builder.ts'
import { checkProgram } from '../check.ts'
import { type Equation, type Input, liveEquations, type Program, type Var } from '../program.ts'
import { isFloat } from '../types.ts'

/** A program that tells which values of another are finite. */
export interface FiniteFlags {
  /** The other's inputs; one output: bool[n], for each of `watched` whether all its elements are finite. */
  readonly program: Program
  /** Values of the other program, in its order. */
  readonly watched: readonly Var[]
}

/** Most operands of one concatenation: compilers are slow at very wide ones. */
const WIDEST = 64

/** The largest finite numbers: (2 - 2⁻²³) 2¹²⁷ and (2 - 2⁻⁷) 2¹²⁷. */
const LARGEST = { f32: (2 - 2 ** -23) * 2 ** 127, bf16: (2 - 2 ** -7) * 2 ** 127 }

/** Primitives that only rearrange or repeat all of their operand: what they give is finite just where it is. */
const SAME = new Set(['reshape', 'transpose', 'broadcast', 'neg', 'abs', 'reverse', 'stop_gradient'])

/** The value that decides whether `v` is finite: itself, or what it was only rearranged from. */
function sourceOf(producers: ReadonlyMap<Var, Equation>, v: Var): Var {
  let source = v
  for (let eq = producers.get(v); eq && SAME.has(eq.prim.name); eq = producers.get(source))
    source = eq.ins[0]!
  return source
}

const producersOf = (equations: readonly Equation[]): ReadonlyMap<Var, Equation> =>
  new Map(equations.flatMap(eq => eq.outs.map(v => [v, eq] as const)))

/** Instruments a program: every float that it is called with gets a flag. */
export const inputFlags = (program: Program): FiniteFlags => flagsOf(program, [])

/**
 * Instruments a program: every float that it is called with, or that it computes on the way to `targets`, gets a flag.
 * What a region computes inside is not watched, its equation's results are.
 */
export const finiteFlags = (program: Program, targets: readonly Var[]): FiniteFlags =>
  flagsOf(program, liveEquations(program.equations, targets))

function flagsOf(program: Program, equations: readonly Equation[]): FiniteFlags {
  const computed = equations.filter(eq => !SAME.has(eq.prim.name)).flatMap(eq => eq.outs)
  const params = program.inputs.map(i => i.value)
  const watched = [...params, ...computed].filter(v => isFloat(v.type.dtype))
  const b = new Builder()
  const inputs = program.inputs.map(i => b.input(i.name, i.value.type))
  const copies = b.inline({ name: 'all', params, equations, results: watched }, inputs)
  let flags: readonly Var[] = copies.map(v => {
    // Not `is_finite`: the reference computes in float64, where what a float32 can't hold is finite.
    const within = b.compare('LE', b.abs(v), LARGEST[v.type.dtype as 'f32' | 'bf16'])
    return b.reshape(b.reduceAnd(within, axesOf(v)), [1])
  })
  while (flags.length > 1) {
    const groups = Array.from({ length: Math.ceil(flags.length / WIDEST) }, (_, i) =>
      flags.slice(i * WIDEST, (i + 1) * WIDEST),
    )
    flags = groups.map(group => b.concatenate(group, 0))
  }
  b.output('finite', flags[0]!)
  const made = b.finish(`${program.name}_finite`)
  checkProgram(made)
  return { program: made, watched }
}

const axesOf = (v: Var): number[] => [...v.type.shape.keys()]

/** Where values that are not finite come from. */
export type NonFiniteSource =
  /** The program was called with it. */
  | { readonly input: Input }
  /** Computed from `finite` operands, or from a constant that is not. */
  | { readonly equation: Equation; readonly index: number; readonly finite: boolean }

/**
 * The first value, in the program's order, that is not finite and that `targets`, which aren't either, are computed
 * from by way of values that aren't. `watched`: those that are not finite, of the ones that `finiteFlags` watches.
 * Undefined where the targets are finite.
 */
export function firstNonFinite(
  program: Program,
  watched: ReadonlySet<Var>,
  targets: readonly Var[],
): NonFiniteSource | undefined {
  const producers = producersOf(program.equations)
  const isBad = (v: Var): boolean => watched.has(sourceOf(producers, v))
  const leading = new Set(targets.filter(isBad))
  for (let i = program.equations.length - 1; i >= 0; i--) {
    const eq = program.equations[i]!
    if (eq.outs.some(v => leading.has(v))) for (const v of eq.ins) if (isBad(v)) leading.add(v)
  }
  const input = program.inputs.find(i => leading.has(i.value))
  if (input) return { input }
  // A constant that is not finite is meant: the first that is computed is looked for.
  const index = program.equations.findIndex(
    eq => eq.prim.name !== 'constant' && !SAME.has(eq.prim.name) && eq.outs.some(v => leading.has(v)),
  )
  const equation = program.equations[index]
  return equation && { equation, index, finite: !equation.ins.some(isBad) }
}
