import type { Params } from './primitive.ts'
import { type Equation, type Program, type Region, regionsOf, type Var } from './program.ts'
import { showType } from './types.ts'

/** Names values %0, %1 … in order of appearance, so that equal programs print equally. */
export class Names {
  private readonly known = new Map<Var, string>()
  private readonly first: number
  constructor(first = 0) {
    this.first = first
  }
  of(v: Var): string {
    let name = this.known.get(v)
    if (!name) {
      name = `%${this.first + this.known.size}`
      this.known.set(v, name)
    }
    return name
  }
  /** Names for a region: they go on from here, and are free again after it. */
  inner(): Names {
    return new Names(this.first + this.known.size)
  }
}

/** Lists longer than this are cut, with a digest of all their values. */
const LONG = 8

function showParam(value: Params[string]): string {
  if (!Array.isArray(value)) return Object.is(value, -0) ? '-0' : String(value)
  if (value.length <= LONG) return `[${value.map(v => showParam(v)).join(',')}]`
  const shown = value.map(v => showParam(v))
  return `[${shown.slice(0, LONG).join(',')},… ${value.length} #${digest(shown.join(','))}]`
}

/** 64 bits that tell long lists apart, as hexadecimal: two FNV-1a hashes of different offset and multiplier. */
function digest(text: string): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c]
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    a = Math.imul(a ^ c, 0x01000193)
    b = Math.imul(b ^ c, 0x5bd1e995)
    b ^= b >>> 15
  }
  return [a, b].map(h => (h >>> 0).toString(16).padStart(8, '0')).join('')
}

export interface ShowOptions {
  /** The graph node after a semicolon. */
  readonly origins?: boolean
  /** The types of the operands, not only of the results. */
  readonly operandTypes?: boolean
}

/** One line, and the regions below it. */
export function showEquation(eq: Equation, names: Names, options: ShowOptions = {}): string {
  const typed = (v: Var) => `${names.of(v)}:${showType(v.type)}`
  const params = Object.entries(eq.params)
    .filter(([key]) => !(eq.prim.name === 'constant' && key !== 'values'))
    .map(([key, value]) => `${key}=${showParam(value)}`)
    .join(' ')
  const ins = eq.ins.map(v => (options.operandTypes ? typed(v) : names.of(v))).join(' ')
  const outs = eq.outs.map(typed).join(' ')
  const origin = options.origins && eq.origin ? `  ; ${eq.origin}` : ''
  const line = `${outs} = ${eq.prim.name}${params ? `{${params}}` : ''}${ins ? ` ${ins}` : ''}${origin}`
  return [line, ...regionsOf(eq).map(r => indent(showRegion(r, names.inner(), options)))].join('\n')
}

const indent = (text: string): string => text.replaceAll(/^/gm, '  ')

/** The first line of a region: its name and its parameters. */
export const showHead = (region: Region, names: Names): string =>
  `${region.name}(${region.params.map(v => `${names.of(v)}:${showType(v.type)}`).join(', ')})`

function showRegion(region: Region, names: Names, options: ShowOptions): string {
  const head = showHead(region, names)
  const lines = region.equations.map(eq => indent(showEquation(eq, names, options)))
  const results = region.results.map(v => names.of(v)).join(', ')
  return [`${head} {`, ...lines, results ? `  return ${results}` : '  return', '}'].join('\n')
}

/**
 * The program as text: one equation a line, values numbered in order, the graph node after a semicolon;
 * regions are nested under their equation, and number their values on from it.
 * Equal text (without origins) means an equal computation, so it can be hashed for caches.
 */
export function printProgram(program: Program, options: ShowOptions = {}): string {
  const names = new Names()
  const inputs = program.inputs.map(i => `${names.of(i.value)}:${showType(i.value.type)} ${i.name}`)
  const lines = program.equations.map(eq => indent(showEquation(eq, names, options)))
  const outputs = program.outputs.map(o => `${o.name}=${names.of(o.value)}`)
  return [
    `program ${program.name}(${inputs.join(', ')}) {`,
    ...lines,
    `  return ${outputs.join(', ')}`,
    '}',
    '',
  ].join('\n')
}
