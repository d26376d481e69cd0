import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import { printProgram } from '../../src/ir/print.ts'
import { type Program, regionsOf, type Var } from '../../src/ir/program.ts'
import { type RefTensor, refTensor } from '../../src/ir/reference.ts'
import { threefry } from '../../src/ir/threefry.ts'
import { elementCount, isFloat, parseType, tensor } from '../../src/ir/types.ts'
import type { Mode, Precision, Scope, StateInit, WeightOptions } from '../../src/nn/scope.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'

/** A weight that a layer asked for: its program input and how it wants to start. */
export interface TestWeight {
  readonly value: Var
  readonly shape: readonly number[]
  readonly init: StateInit
  readonly options?: WeightOptions
}

/** What a layer makes of its states. */
export interface TestUpdate {
  readonly paths: readonly string[]
  readonly next: (old: readonly Var[]) => readonly Var[]
}

/** A program under construction whose weights are its inputs, by path, and whose keys are inputs named `key:…`. */
export class TestModel {
  readonly b = new Builder()
  readonly weights = new Map<string, TestWeight>()
  readonly updates: TestUpdate[] = []
  readonly s: Scope

  /** @param remat blocks are computed again in reverse mode */
  constructor(mode: Mode = 'train', dtype: Precision = 'f32', remat = false) {
    const at = (b: Builder, prefix: string): Scope => ({
      b,
      mode,
      dtype,
      weight: (path, shape, init, options) => {
        const value = this.weight(prefix + path, shape, init, options)
        return options?.precise ? value : b.convert(value, dtype)
      },
      state: (path, shape, init) => this.weight(prefix + path, shape, init),
      update: (paths, next) => this.updates.push({ paths: paths.map(p => prefix + p), next }),
      named: name => this.weights.get(name)!.value,
      child: path => at(b, `${prefix}${path}/`),
      key: name => this.input(`key:${prefix}${name}`, 'u32[2]'),
      watch: () => {},
      block: build => (remat ? b.remat(c => [build(at(c, prefix))])[0]! : build(at(b, prefix))),
    })
    this.s = at(this.b, '')
  }

  private weight(path: string, shape: readonly number[], init: StateInit, options?: WeightOptions): Var {
    const known = this.weights.get(path)
    if (known) return known.value
    const value = this.b.input(path, tensor('f32', shape))
    this.weights.set(path, { value, shape, init, options })
    return value
  }

  input(name: string, type: string): Var {
    return this.b.input(name, parseType(type))
  }

  /** The checked program with these results. */
  program(outputs: Readonly<Record<string, Var>>): Program {
    for (const [name, v] of Object.entries(outputs)) this.b.output(name, v)
    const program = this.b.finish('test')
    checkProgram(program)
    return program
  }

  print(outputs: Readonly<Record<string, Var>>): string {
    return printProgram(this.program(outputs))
  }
}

export type Values = Readonly<Record<string, ArrayLike<number>>>

/** Evaluates in float64 with arguments by input name; results by output name. */
export function run(program: Program, values: Values): Record<string, Float64Array> {
  const args: RefTensor[] = program.inputs.map(({ name, value }) => {
    const given = values[name]
    if (!given) throw new Error(`no value for the input "${name}"`)
    return refTensor(value.type, given)
  })
  const results = evaluate(program, args)
  return Object.fromEntries(program.outputs.map((o, i) => [o.name, results[i]!.data]))
}

/** The same with every result rounded to float32, as a device would: shows what cancellation costs. */
export function runSingle(program: Program, values: Values): Record<string, Float64Array> {
  const at = new Map<Var, RefTensor>()
  const round = (x: RefTensor): RefTensor =>
    isFloat(x.type.dtype) ? { type: x.type, data: x.data.map(Math.fround) } : x
  for (const { name, value } of program.inputs) at.set(value, round(refTensor(value.type, values[name]!)))
  for (const eq of program.equations) {
    const { prim, ins, params, outs } = eq
    const results = prim.reference(
      ins.map(v => at.get(v)!),
      params,
      outs.map(v => v.type),
      regionsOf(eq),
    )
    outs.forEach((v, i) => {
      at.set(v, round(results[i]!))
    })
  }
  return Object.fromEntries(program.outputs.map(o => [o.name, at.get(o.value)!.data]))
}

/** Seeded numbers in [-1, 1) for the test called `name`. */
export function noise(name: string, shape: readonly number[]): Float64Array {
  let seed = 0
  for (const c of name) seed = (Math.imul(seed, 31) + c.codePointAt(0)!) | 0
  return Float64Array.from(
    { length: elementCount(shape) },
    (_, i) => threefry(seed, 1, 0, i)[0] * 2 ** -31 - 1,
  )
}

/** Noise for every float input of a program that `values` leaves out. */
export function withNoise(program: Program, values: Values = {}): Values {
  const made = program.inputs.map(({ name, value }) => [name, values[name] ?? noise(name, value.type.shape)])
  return Object.fromEntries(made)
}

/** The largest |a - b| / max(1, |b|). */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers and ${b.length}`)
  let worst = 0
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!) / Math.max(1, Math.abs(b[i]!))
    if (!(d <= worst)) worst = d
  }
  return worst
}
