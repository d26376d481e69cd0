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
  DT025: 'A reference that can’t be followed',
  DT026: 'A fault in a subgraph',
  DT027: 'Nothing to pass on',
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

/** `graphs/a.json:12: error DT034 node "loss" port "pairs": … (what is wrong). (what to do)`, one line. */
export function showDiagnostic(d: Diagnostic, file = ''): string {
  const place = [
    d.node === undefined ? '' : ` node "${clip(d.node)}"`,
    d.port === undefined ? '' : ` port "${clip(d.port)}"`,
    d.field === undefined ? '' : ` ${clip(d.field)}`,
  ].join('')
  const at = file ? `${file}${d.line ? `:${d.line}` : ''}: ` : d.line ? `line ${d.line}: ` : ''
  const stop = /[.!?…:]$/.test(d.message) ? '' : '.'
  const what = d.hint ? `${d.message}${stop} ${d.hint}` : d.message
  return printable(`${at}${d.severity} ${d.code}${place}: ${what}`)
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

/** Names longer than this are cut in messages. */
const LONGEST = 80
/** More names than this are not listed in a hint. */
const MOST = 20

/** A piece of the user's text, short enough for a message. */
export const clip = (text: string, longest = LONGEST): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text

/**
 * A graph from elsewhere must not write escape sequences to a terminal or turn its text around: control and
 * direction characters are shown as `\u001b`.
 */
const printable = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** The closest of `names` to a misspelt word, for hints; undefined when none is close. */
export function closest(word: string, names: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined
  let best: string | undefined
  let least = (word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= least) continue
    const d = editDistance(word.toLowerCase(), name.toLowerCase())
    if (d < least && d < word.length) [best, least] = [name, d]
  }
  return best
}

/** "Did you mean …?" or the list of what there is. */
export function suggest(word: string, names: readonly string[]): string {
  const near = closest(word, names)
  if (near) return `Did you mean "${near}"?`
  if (names.length === 0) return 'There is none.'
  const more = names.length - MOST
  const listed = names.slice(0, MOST).map(n => clip(n))
  return `There is: ${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
}

/** Letters added, dropped, replaced, or swapped with their neighbour. */
function editDistance(a: string, b: string): number {
  let [before, row]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const d = Math.min(row![j]! + 1, next[j - 1]! + 1, row![j - 1]! + same)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next.push(swapped ? Math.min(d, before![j - 2]! + 1) : d)
    }
    ;[before, row] = [row, next]
  }
  return row![b.length]!
}
