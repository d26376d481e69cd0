import type { Diagnostic } from '../../graph/diagnostic.ts'
import type { DefJson, Groups, NodeJson } from '../../graph/document.ts'
import { parseGraph } from '../../graph/parse.ts'
import { writeGraph } from '../../graph/write.ts'
import type { Point } from './layout.ts'

/** Nodes in a text: what was copied here, or a whole graph. */
export interface Copied {
  readonly format: 'diptych-nodes'
  readonly nodes: Readonly<Record<string, NodeJson>>
  /** Where those stand that have a place. */
  readonly view: Readonly<Record<string, Point>>
  /** The subgraphs that they use. */
  readonly defs: Readonly<Record<string, DefJson>>
  /** The groups that are there with all their nodes. */
  readonly groups?: Groups
}

/** Of a text longer than this nothing is looked for between words. */
const LONGEST = 4_000_000

/**
 * The nodes in a text that someone pastes, or null where there are none: JSON of this program by itself, or anywhere
 * in other text, such as an answer in a chat with its code fences. The first that can be read counts.
 */
export function readCopied(text: string): Copied | null {
  if (text.length > LONGEST) return null
  for (const part of candidates(text)) {
    const found = read(part)
    if (found && 'nodes' in found) return found
  }
  return null
}

/** What is wrong with the graph in a text, where there is one that can't be read. */
export function faultInText(text: string): Diagnostic | undefined {
  if (text.length > LONGEST) return undefined
  let broken: Diagnostic | undefined
  for (const part of candidates(text)) {
    const found = read(part)
    if (found && 'code' in found) return found
    // One that isn't even JSON says least; another part may say more.
    if (FORMAT.test(part) && parsed(part) === undefined) broken ??= parseGraph(part).diagnostics[0]
  }
  return broken
}

/** What a text is as JSON; undefined where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const FORMAT = /"format"\s*:\s*"diptych-(?:graph|nodes)"/

function* candidates(text: string): Iterable<string> {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) yield trimmed
  for (const [, inner] of text.matchAll(/```[^\n]*\n([\s\S]*?)```/g)) yield inner!.trim()
  for (const format of text.matchAll(/"format"\s*:\s*"diptych-(?:graph|nodes)"/g)) {
    const whole = objectAround(text, format.index)
    if (whole !== undefined) yield whole
  }
}

/** The balanced `{…}` that begins last before a place and reaches over it. */
function objectAround(text: string, place: number): string | undefined {
  for (let from = text.lastIndexOf('{', place); from >= 0; from = text.lastIndexOf('{', from - 1)) {
    const to = endOf(text, from)
    if (to > place) return text.slice(from, to)
    if (from === 0) break
  }
  return undefined
}

/** The place after the brace that closes the one at `from`; -1 where none does. */
function endOf(text: string, from: number): number {
  let depth = 0
  let quoted = false
  for (let i = from; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '{') depth++
    else if (c === '}' && --depth === 0) return i + 1
  }
  return -1
}

function read(text: string): Copied | Diagnostic | null {
  const value = parsed(text)
  if (!isRecord(value)) return null
  const isNodes = value.format === 'diptych-nodes'
  if (!isNodes && value.format !== 'diptych-graph') return null
  // Nodes are read as a graph's, so that the same rules hold for both; wires from elsewhere are no fault there.
  const { nodes, defs = {}, view = {}, groups } = value
  const graph = isNodes
    ? { format: 'diptych-graph', version: 1, meta: { title: '', seed: 0 }, nodes, defs, view, groups }
    : value
  const { document, diagnostics } = parseGraph(isNodes ? JSON.stringify(graph) : text)
  if (!document) return diagnostics[0] ?? null
  if (Object.keys(document.nodes).length === 0) return null
  return {
    format: 'diptych-nodes',
    nodes: document.nodes,
    view: document.view,
    defs: document.defs,
    ...(document.groups && { groups: document.groups }),
  }
}

const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x)

/** Nodes as text that people can read, paste into a chat and back. */
export function writeCopied({ nodes, view, defs, groups }: Copied): string {
  const text = writeGraph({
    format: 'diptych-graph',
    version: 1,
    meta: { title: '', seed: 0 },
    nodes,
    defs,
    view,
    ...(groups && { groups }),
    lock: {},
  })
  const from = text.indexOf('"nodes":')
  const to = text.lastIndexOf('"lock":')
  const body = text.slice(from, to).trimEnd().replace(/,$/, '')
  return `{\n  "format": "diptych-nodes",\n\n  ${body}\n}\n`
}
