import { type Node as JsonNode, parseTree, printParseErrorCode, visit } from 'jsonc-parser'
import { clip, type Diagnostic } from './diagnostic.ts'

/** Texts longer than this are not graphs. */
const MAX_LENGTH = 16 << 20
/** Deeper nesting than any graph has; refused before it can exhaust the stack. */
const MAX_DEPTH = 64

type Path = readonly (string | number)[]

/** JSON text with the place of each value. */
export interface JsonSource {
  /** Plain data; every key is an own property. */
  readonly value: unknown
  /** The line of the value at a path, or of the closest one around it. */
  readonly lineOf: (path: Path) => number
}

export type JsonReading =
  | { readonly source: JsonSource; readonly diagnostics?: undefined }
  | { readonly source?: undefined; readonly diagnostics: readonly Diagnostic[] }

/** Reads JSON text strictly: one value, no comments, no key twice, no number that would change when saved. */
export function readJson(given: string): JsonReading {
  const text = given.startsWith('\uFEFF') ? given.slice(1) : given
  const fail = (message: string, line?: number, hint?: string): JsonReading => ({
    diagnostics: [{ code: 'DT001', severity: 'error', line, message, hint }],
  })
  if (text.length > MAX_LENGTH)
    return fail(`the file has ${text.length} characters; a graph has at most ${MAX_LENGTH}`, 1)
  if (text.trim() === '')
    return fail('the file is empty', 1, 'A graph starts with { "format": "diptych-graph"')
  const lines = new Lines(text)
  const deep = tooDeep(text)
  if (deep !== undefined) return fail(`brackets are nested deeper than ${MAX_DEPTH}`, lines.at(deep).line)
  const wrong = firstError(text)
  if (wrong) {
    const { line, column } = lines.at(wrong.offset)
    return fail(`not JSON: ${wrong.what} at column ${column}`, line, wrong.hint)
  }
  const root = parseTree(text)!
  const faults = keyAndNumberFaults(root, text, lines)
  if (faults.length) return { diagnostics: faults }
  return { source: { value: plain(root), lineOf: path => lines.at(nearest(root, path).offset).line } }
}

class Lines {
  private readonly starts = [0]
  constructor(text: string) {
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.starts.push(i + 1)
  }
  /** 1-based line and column of an offset. */
  at(offset: number): { readonly line: number; readonly column: number } {
    let [low, high] = [0, this.starts.length - 1]
    while (low < high) {
      const mid = (low + high + 1) >> 1
      if (this.starts[mid]! <= offset) low = mid
      else high = mid - 1
    }
    return { line: low + 1, column: offset - this.starts[low]! + 1 }
  }
}

/** Where brackets outside strings open too deep. */
function tooDeep(text: string): number | undefined {
  let [depth, quoted] = [0, false]
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '{' || c === '[') {
      if (++depth > MAX_DEPTH) return i
    } else if (c === '}' || c === ']') depth--
  }
  return undefined
}

/** By the parser's name for it: what is wrong, in words. */
const WORDS: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'a key in quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: '":" is missing',
  CommaExpected: '"," is missing',
  CloseBraceExpected: 'the text ends before its "}"',
  CloseBracketExpected: 'the text ends before its "]"',
  EndOfFileExpected: 'something follows the end',
  UnexpectedEndOfString: 'a quotation mark is not closed',
  UnexpectedEndOfNumber: 'a number is not finished',
  InvalidNumberFormat: 'a number is malformed',
  InvalidUnicode: 'a \\u escape is malformed',
  InvalidEscapeCharacter: 'an unknown escape after \\',
  InvalidCharacter: 'a control character in quotes',
  InvalidCommentToken: 'a comment',
}

class Stop extends Error {}

/** The first place that is not JSON. The parser would go on and guess; what follows a first fault says little. */
function firstError(
  text: string,
): { readonly what: string; readonly offset: number; readonly hint?: string } | undefined {
  let found: { what: string; offset: number; hint?: string } | undefined
  const onError = (code: number, offset: number, length: number): never => {
    const name = printParseErrorCode(code)
    const token = clip(text.slice(offset, offset + length), 20)
    const before = text.slice(0, offset).trimEnd()
    const lineStart = text.lastIndexOf('\n', offset - 1) + 1
    const what = name === 'InvalidSymbol' ? `"${token}" is no JSON value` : (WORDS[name] ?? 'a fault')
    if (/^(<{7}|={7}|>{7})/.test(text.slice(lineStart, lineStart + 7)))
      found = { what: 'a merge conflict is left', offset, hint: 'Keep one side and remove the markers.' }
    else if (name === 'InvalidCommentToken')
      found = { what, offset, hint: 'JSON has no comments; use a "note" node.' }
    else if (/^(PropertyName|Value)Expected$/.test(name) && before.endsWith(','))
      found = { what: 'a comma too many before this', offset, hint: 'Remove the comma.' }
    else if (offset + length >= text.trimEnd().length)
      found = { what, offset, hint: 'The file seems to be cut off here.' }
    else found = { what, offset }
    throw new Stop()
  }
  try {
    visit(text, { onError }, { disallowComments: true, allowEmptyContent: false })
  } catch (e) {
    if (!(e instanceof Stop)) throw e
  }
  return found
}

const properties = (
  node: JsonNode,
): { readonly key: string; readonly at: JsonNode; readonly value: JsonNode }[] =>
  node.children!.map(p => ({ key: String(p.children![0]!.value), at: p, value: p.children![1]! }))

/** The node at a path, or the closest one around it that exists. */
function nearest(root: JsonNode, path: Path): JsonNode {
  let node = root
  for (const step of path) {
    const next =
      node.type === 'array'
        ? node.children![Number(step)]
        : node.type === 'object'
          ? properties(node).find(p => p.key === String(step))?.value
          : undefined
    if (!next) return node
    node = next
  }
  return node
}

/**
 * What `JSON.parse` would hide: a second key of one name, the key `__proto__` that objects can't hold safely,
 * and numbers that would be another number when saved.
 */
function keyAndNumberFaults(root: JsonNode, text: string, lines: Lines): Diagnostic[] {
  const found: Diagnostic[] = []
  const report = (code: 'DT002' | 'DT003', node: JsonNode, path: Path, message: string, hint: string) =>
    found.push({
      ...placeOf(path),
      code,
      severity: 'error',
      line: lines.at(node.offset).line,
      message,
      hint,
    })
  const walk = (node: JsonNode, path: Path): void => {
    if (node.type === 'number') {
      const written = text.slice(node.offset, node.offset + node.length)
      if (!survives(written, node.value as number))
        report(
          'DT002',
          node,
          path,
          `the number ${clip(written, 40)} is too large to be kept exactly`,
          'Write it as a text.',
        )
    } else if (node.type === 'array') {
      node.children!.forEach((child, i) => {
        walk(child, [...path, i])
      })
    } else if (node.type === 'object') {
      const seen = new Set<string>()
      for (const { key, at, value } of properties(node)) {
        const inner = [...path, key]
        if (key === '__proto__')
          report('DT002', at, inner, 'a key can’t be named "__proto__"', 'Choose another name.')
        else if (seen.has(key))
          report('DT003', at, inner, `the key "${clip(key)}" occurs twice`, 'Keep one of them.')
        seen.add(key)
        walk(value, inner)
      }
    }
  }
  walk(root, [])
  return found
}

/** Whether the writer would write the number that was read. */
function survives(written: string, value: number): boolean {
  if (!Number.isFinite(value)) return false
  return !/^-?\d+$/.test(written) || String(value) === written || BigInt(written) === BigInt(value)
}

/** The node and the field that a path in the document is about. */
export function placeOf(path: Path): { readonly node?: string; readonly field?: string } {
  const inNode = path[0] === 'nodes' && path.length > 1
  return {
    node: inNode ? String(path[1]) : undefined,
    field: (inNode ? path.slice(2) : path).join('.') || undefined,
  }
}

function plain(node: JsonNode): unknown {
  if (node.type === 'array') return node.children!.map(plain)
  if (node.type !== 'object') return node.value
  return Object.fromEntries(properties(node).map(p => [p.key, plain(p.value)]))
}
