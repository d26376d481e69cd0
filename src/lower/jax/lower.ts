import { pyTuple } from '../../ir/ops/python.ts'
import type { JaxEmitter, JaxTuple } from '../../ir/primitive.ts'
import { type Equation, type Program, type Region, regionsOf, type Var } from '../../ir/program.ts'
import { type DType, showType } from '../../ir/types.ts'
import { jaxDtype, pythonNumber } from './literal.ts'
import { PythonNames } from './names.ts'

type Scope = Map<Var, string>

/** What a rule asks `define` for. */
interface Definition {
  readonly region: Region
  readonly tuples: readonly (readonly [name: string, count: number])[]
  readonly given: readonly string[]
  readonly results: readonly number[] | 'value' | undefined
}

/**
 * Prints a checked program as a Python module of JAX: one function that takes the inputs by name and gives a
 * dict of the outputs; one line an equation, with the types of its results; regions are functions inside. Rules
 * of reverse mode (`custom_vjp`, `straight_through`) leave no trace: gradients are part of a program.
 */
export function lowerToJax(program: Program): string {
  return new Module(program).text()
}

class Module {
  private readonly names = new PythonNames()
  private readonly helpers = new Map<string, string>()
  private readonly program: Program
  private wide = false

  constructor(program: Program) {
    this.program = program
  }

  text(): string {
    const name = this.names.fresh(this.program.name)
    const scope: Scope = new Map()
    const inputs = this.program.inputs.map(input => {
      const argument = this.names.fresh(input.name)
      scope.set(input.value, argument)
      this.note(input.value)
      return { argument, input }
    })
    const lines = this.equations(this.program.equations, scope)
    const results = this.program.outputs.map(o => `    ${quoted(o.name)}: ${scope.get(o.value)},`)
    const what = inputs.map(({ argument, input: { name: given, value } }) => {
      const known = given === argument ? '' : ` (${given})`
      return `    ${argument}: ${showType(value.type)}${known}`
    })
    return [
      'import jax',
      'import jax.numpy as jnp',
      'from jax import lax',
      ...(this.wide ? ['', "jax.config.update('jax_enable_x64', True)"] : []),
      ...[...this.helpers.values()].flatMap(source => ['', '', source]),
      '',
      '',
      `def ${name}(${inputs.map(i => i.argument).join(', ')}):`,
      ...(what.length > 0 ? indented(['"""Inputs:', '', ...what, '"""']) : []),
      ...indented(spaced([...lines, 'return {', ...results, '}'])),
      '',
    ].join('\n')
  }

  /** 64-bit integers must be asked for. */
  private note(v: Var): void {
    this.wide ||= v.type.dtype === 's64'
  }

  /** @param around the graph node whose equations are being printed around these */
  private equations(equations: readonly Equation[], scope: Scope, around: string | null = null): string[] {
    let origin = around
    return equations.flatMap(eq => {
      const heading = eq.origin !== null && eq.origin !== origin ? [`# ${eq.origin}`] : []
      origin = eq.origin ?? origin
      return [...heading, ...this.equation(eq, scope)]
    })
  }

  private equation(eq: Equation, scope: Scope): string[] {
    const before: string[] = []
    const emitter: JaxEmitter = {
      ins: eq.ins.map(v => v.type),
      outs: eq.outs.map(v => v.type),
      regions: regionsOf(eq),
      dtype: (dtype: DType) => jaxDtype(dtype),
      number: pythonNumber,
      helper: source => this.helper(source),
      define: (region, tuples, given, results) => {
        const name = this.names.fresh(`${eq.prim.name}_${region.name}`)
        before.push(...this.region(name, { region, tuples, given, results }, eq.origin))
        return name
      },
    }
    const made = eq.prim.jax(
      eq.ins.map(v => scope.get(v)!),
      eq.params,
      emitter,
    )
    const results = eq.outs.map(v => {
      const name = this.names.value()
      scope.set(v, name)
      this.note(v)
      return name
    })
    const types = eq.outs.map(v => showType(v.type)).join(', ')
    return [...before, `${assigned(results, made)}  # ${types}`]
  }

  private helper(source: string): string {
    const known = [...this.helpers].find(([, text]) => text === source)
    if (known) return known[0]
    const name = /^def (\w+)/.exec(source)![1]!
    const chosen = this.names.fresh(name)
    this.helpers.set(chosen, source.replace(name, chosen))
    return chosen
  }

  private region(name: string, spec: Definition, origin: string | null): string[] {
    const { region, tuples, given, results = [region.results.length] } = spec
    const scope: Scope = new Map()
    const heads: string[] = []
    let next = 0
    const args = tuples.map(([argument, count]) => {
      const chosen = this.names.fresh(argument)
      const parts = region.params.slice(next, next + count).map(v => {
        const part = this.names.value()
        scope.set(v, part)
        return part
      })
      next += count
      if (parts.length > 0) heads.push(`${pyTuple(parts)} = ${chosen}`)
      return chosen
    })
    region.params.slice(next).forEach((v, i) => {
      scope.set(v, given[i]!)
    })
    const lines = this.equations(region.equations, scope, origin)
    const values = region.results.map(v => scope.get(v)!)
    const returned = results === 'value' ? values[0]! : grouped(values, results)
    return [
      '',
      `def ${name}(${args.join(', ')}):`,
      ...indented([...heads, ...lines, `return ${returned}`]),
      '',
    ]
  }
}

/** No two empty lines in a row, and none at the start. */
const spaced = (lines: readonly string[]): string[] =>
  lines.filter((line, i) => line.trim() !== '' || (i > 0 && lines[i - 1]!.trim() !== ''))

const indented = (lines: readonly string[]): string[] => lines.map(line => (line ? `    ${line}` : line))

/** Names or values in tuples of so many; one tuple stands by itself. */
function grouped(values: readonly string[], counts: readonly number[]): string {
  let next = 0
  const tuples = counts.map(count => {
    next += count
    return pyTuple(values.slice(next - count, next))
  })
  return tuples.join(', ')
}

const assigned = (results: readonly string[], made: string | JaxTuple): string =>
  typeof made === 'string'
    ? `${results[0]} = ${made}`
    : `${grouped(results, made.groups ?? [results.length])} = ${made.tuple}`

const quoted = (name: string): string => `'${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** The name of the function that `lowerToJax` gives a program. */
export const jaxFunctionName = (program: Program): string => new PythonNames().fresh(program.name)
