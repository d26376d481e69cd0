import * as ops from '../ops/index.ts'
import type { Params } from '../primitive.ts'
import { type Equation, type Program, type Region, regionsOf, type Var } from '../program.ts'
import { showType } from '../types.ts'
import { rewrite } from './rewrite.ts'

/** Their operands may be swapped: IEEE sums and products are the same bits either way. */
const COMMUTATIVE = new Set([ops.add, ops.mul, ops.and, ops.or, ops.xor].map(prim => prim.name))

/**
 * Merges equations of equal primitive, parameters, operands and regions into the first of them, whose graph
 * node remains. Every primitive is a pure function, random bits too, so this changes no value. An optimisation
 * barrier is there to be kept apart from its twin: that is what makes a recomputation one.
 */
export function mergeCommonSubexpressions(program: Program): Program {
  return rewrite(program, () => {
    const numbers = new Numbers()
    const known = new Map<string, readonly Var[]>()
    return eq => {
      if (eq.prim.name === ops.optimizationBarrier.name) return undefined
      const key = keyOf(eq, numbers)
      const first = known.get(key)
      if (!first) known.set(key, eq.outs)
      return first
    }
  })
}

/** Small numbers for values and primitives, by identity. */
class Numbers {
  private readonly known = new Map<object, number>()
  of(x: object): number {
    let n = this.known.get(x)
    if (n === undefined) {
      n = this.known.size
      this.known.set(x, n)
    }
    return n
  }
}

function keyOf(eq: Equation, numbers: Numbers): string {
  let key = `${eq.prim.name}(`
  const [x, y] = eq.ins
  if (eq.ins.length === 2 && COMMUTATIVE.has(eq.prim.name)) {
    const [m, n] = [numbers.of(x!), numbers.of(y!)]
    key += m < n ? `${m},${n}` : `${n},${m}`
  } else for (const v of eq.ins) key += `${numbers.of(v)},`
  key += `)${paramsKey(eq.params)}`
  for (const region of regionsOf(eq)) key += regionKey(region)
  return key
}

/** A region is closed, so its text tells what it computes: values are numbered within it. */
function regionKey(region: Region): string {
  const numbers = new Numbers()
  const params = region.params.map(v => `${numbers.of(v)}:${showType(v.type)}`)
  const lines = region.equations.map(eq => {
    const right = keyOf(eq, numbers)
    return `${eq.outs.map(v => numbers.of(v)).join()}=${right}`
  })
  const results = region.results.map(v => numbers.of(v))
  return `${region.name}(${params.join()}){${lines.join(';')} ${results.join()}}`
}

/** Texts of parameters: an equation that is rewritten keeps its parameters, so later rounds find them here. */
const texts = new WeakMap<Params, string>()

function paramsKey(params: Params): string {
  const names = Object.keys(params)
  if (names.length === 0) return ''
  let text = texts.get(params)
  if (text === undefined) {
    text = ''
    for (const name of names.sort()) text += `${name}=${paramKey(params[name]!)};`
    texts.set(params, text)
  }
  return text
}

/** Text that tells parameters apart, the sign of zero and kinds of value too. */
function paramKey(value: Params[string]): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  return Array.isArray(value) ? `[${value.map(v => paramKey(v)).join()}]` : String(value)
}
