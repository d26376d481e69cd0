/** What a diagnostic is about: stable codes that documentation and tests refer to. */
export const CODES = {
  DT001: 'The file is not JSON',
  DT002: 'The document has a wrong field',
  DT003: 'A key occurs twice',
  DT004: 'An id or reference is malformed',
  DT010: 'Unknown node type',
  DT011: 'Unknown parameter',
  DT012: 'Bad parameter value',
  DT013: 'Made by a newer version',
  DT020: 'Unknown input',
  DT021: 'Missing input',
  DT022: 'A wire from nowhere',
  DT023: 'Unknown output',
  DT024: 'One wire or a list of wires',
  DT025: 'A reference to no node',
  DT026: 'A fault in a subgraph',
  DT030: 'Wrong kind of wire',
  DT031: 'Wrong dtype',
  DT032: 'Wrong rank',
  DT033: 'Wrong dimension',
  DT034: 'Sizes disagree',
  DT040: 'A cycle',
  DT050: 'A field is missing',
  DT051: 'A slice reads too much',
  DT052: 'Settings that do not fit together',
  DT060: 'A data source can’t be read',
} as const

export type Code = keyof typeof CODES

/** A finding about a graph: where, what, and what to do. */
export interface Diagnostic {
  readonly code: Code
  readonly severity: 'error' | 'warning'
  /** Node id, where it is about one. */
  readonly node?: string
  /** Input or output port. */
  readonly port?: string
  /** Parameter or document field, dotted: `params.width`, `meta.seed`. */
  readonly field?: string
  /** 1-based line in the file, where it came from one. */
  readonly line?: number
  /** What is wrong, with both shapes where shapes disagree. */
  readonly message: string
  /** What to do about it. */
  readonly hint?: string
}

/** `graphs/a.json:12: error DT034 node "loss" input "pairs": … (hint)`, one line. */
export function showDiagnostic(d: Diagnostic, file = ''): string {
  const place = [
    d.node === undefined ? '' : ` node "${d.node}"`,
    d.port === undefined ? '' : ` port "${d.port}"`,
    d.field === undefined ? '' : ` ${d.field}`,
  ].join('')
  const at = file ? `${file}${d.line ? `:${d.line}` : ''}: ` : d.line ? `line ${d.line}: ` : ''
  return `${at}${d.severity} ${d.code}${place}: ${d.message}${d.hint ? ` ${d.hint}` : ''}`
}

/** Thrown by a node's rules; the checker adds the node and turns it into a diagnostic. */
export class GraphFault extends Error {
  override readonly name = 'GraphFault'
  readonly code: Code
  readonly place: { readonly port?: string; readonly field?: string; readonly hint?: string }
  constructor(code: Code, message: string, place: GraphFault['place'] = {}) {
    super(message)
    this.code = code
    this.place = place
  }
}

/** The closest of `names` to a misspelt word, for hints; undefined when none is close. */
export function closest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const name of names) {
    const d = editDistance(word.toLowerCase(), name.toLowerCase())
    if (d < least) [best, least] = [name, d]
  }
  return best
}

/** "Did you mean …?" or the list of what there is. */
export function suggest(word: string, names: readonly string[]): string {
  const near = closest(word, names)
  if (near) return `Did you mean "${near}"?`
  return names.length ? `There is: ${names.join(', ')}.` : 'There is none.'
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
