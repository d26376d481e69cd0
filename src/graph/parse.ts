import type { Diagnostic } from './diagnostic.ts'
import { suggest } from './diagnostic.ts'
import { FORMAT_VERSION, GROUP_COLOURS, type GraphDocument, ID, WATCH_SCALES } from './document.ts'
import { explainIssues, type Finding } from './explain.ts'
import { type JsonSource, placeOf, readJson } from './json-source.ts'
import { z } from './kit.ts'
import { own } from './own.ts'
import { WATCHED } from './watches.ts'

/** More faults than this in one file are not listed. */
const MOST = 100

const id = z.string().regex(ID, 'a name is lower-case letters, digits and _, starting with a letter')
// A Batch's ports are the columns of someone's dataset, so a port may be any text.
const wire = z.string().regex(/^(@[a-z][a-z0-9_]*|[a-z][a-z0-9_]*\..+)$/su, 'must look like "node.port"')
const wires = z.union([wire, z.array(wire)], { error: 'a wire "node.port" or a list of wires' })
const node = z.strictObject({
  type: z.string().min(1),
  v: z.int().min(1),
  title: z.string().optional(),
  mode: z.enum(['muted', 'bypassed']).optional(),
  params: z.record(z.string(), z.unknown()).default({}),
  in: z.record(z.string(), wires).default({}),
})
const watch = z.strictObject({
  wire: z.string().regex(WATCHED, 'must look like "node.port" or, in a subgraph, "use/node.port"'),
  inner: z.string().min(1).optional(),
  every: z.int().min(0).default(10),
  step: z.int().min(0).optional(),
  scale: z.enum(WATCH_SCALES).optional(),
})
const places = z.record(z.string(), z.tuple([z.number(), z.number()]))
const groups = z.record(
  id,
  z.strictObject({ title: z.string(), colour: z.enum(GROUP_COLOURS).default('grey'), nodes: z.array(id) }),
)
const def = z.strictObject({
  params: z.record(z.string(), z.unknown()).default({}),
  in: z.array(id).default([]),
  out: z.record(z.string(), wire).default({}),
  nodes: z.record(id, node),
  view: places.optional(),
  groups: groups.optional(),
  source: z.strictObject({ file: z.string(), hash: z.string() }).optional(),
})
const field = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['image', 'int', 'float']) }),
  z.strictObject({ kind: z.literal('text'), variants: z.boolean().optional() }),
  z.strictObject({ kind: z.literal('frames'), frames: z.int().min(1) }),
  z.strictObject({ kind: z.literal('category'), classes: z.array(z.string()) }),
])
const attribution = z.strictObject({ name: z.string(), licence: z.string(), by: z.string() })
const schema = z.strictObject({
  fields: z.record(z.string(), field),
  rows: z.int().min(0).optional(),
  attribution: z.array(attribution).optional(),
})
const meta = z.strictObject({
  title: z.string(),
  seed: z.int().min(0).max(0xffffffff).default(0),
  about: z.string().optional(),
})
const lock = z.strictObject({ schemas: z.record(z.string(), schema).optional() })
const documentSchema = z.strictObject({
  format: z.literal('diptych-graph'),
  version: z.literal(FORMAT_VERSION),
  meta,
  nodes: z.record(id, node),
  defs: z.record(id, def).default({}),
  view: places.default({}),
  groups: groups.optional(),
  watches: z.array(watch).optional(),
  lock: lock.default({}),
})

export interface Parsed {
  /** Absent when the text could not be read as a graph at all. */
  readonly document?: GraphDocument
  readonly diagnostics: readonly Diagnostic[]
  /** The line of a node, or of something in it: `lineOf('vision', 'params', 'width')`, `lineOf('tower/vision')`. */
  readonly lineOf: (...path: string[]) => number | undefined
}

/** Reads a graph file's text. Every fault names its line; nothing is thrown. */
export function parseGraph(text: string): Parsed {
  const { source, diagnostics } = readJson(text)
  if (!source) return { diagnostics, lineOf: () => undefined }
  const lineOf = (nodeId: string, ...rest: string[]) =>
    source.lineOf([...documentPath(source.value, nodeId), ...rest])
  const alien = notAGraph(source.value)
  if (alien) return { diagnostics: [{ ...alien, line: source.lineOf([alien.field ?? '']) }], lineOf }
  const result = documentSchema.safeParse(source.value)
  if (result.success) return { document: result.data, diagnostics: [], lineOf }
  const findings = explainIssues(result.error.issues, source.value)
  const listed = findings.slice(0, MOST).map(f => toDiagnostic(f, source))
  if (findings.length > MOST)
    listed.push({
      code: 'DT002',
      severity: 'error',
      line: source.lineOf(findings[MOST]!.path),
      message: `and ${findings.length - MOST} more faults from here on`,
    })
  return { diagnostics: listed, lineOf }
}

/** Where a node stands in the file; `tower/vision` is in the subgraph that `tower` is made of. */
function documentPath(value: unknown, nodeId: string): string[] {
  const [first, ...inner] = nodeId.split('/') as [string, ...string[]]
  const path = ['nodes', first]
  for (const step of inner) {
    const type = path.concat('type').reduce<unknown>(child, value)
    if (typeof type !== 'string' || !type.startsWith('def:')) return path
    path.splice(0, path.length, 'defs', type.slice(4), 'nodes', step)
  }
  return path
}

const child = (parent: unknown, key: string): unknown =>
  typeof parent === 'object' && parent !== null ? own(parent as Record<string, unknown>, key) : undefined

/** Something else than a graph of this version gets one diagnostic, not one for each of its fields. */
function notAGraph(value: unknown): Diagnostic | undefined {
  const severity = 'error'
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { code: 'DT002', severity, message: 'a graph file holds one object {…}' }
  if (child(value, 'format') !== 'diptych-graph')
    return {
      code: 'DT002',
      severity,
      field: 'format',
      message: 'this is not a graph file: "format" must be "diptych-graph"',
    }
  const version = child(value, 'version')
  if (typeof version !== 'number' || version <= FORMAT_VERSION) return undefined
  return {
    code: 'DT013',
    severity,
    field: 'version',
    message: `the file is of version ${version}; this Diptych knows version ${FORMAT_VERSION}`,
    hint: 'Update Diptych.',
  }
}

function toDiagnostic(f: Finding, source: JsonSource): Diagnostic {
  const known = f.kind === 'unknown key' ? keysAround(f.path) : []
  return {
    ...placeOf(f.path),
    code: f.kind === 'bad key' || f.kind === 'bad form' ? 'DT004' : 'DT002',
    severity: 'error',
    line: source.lineOf(f.path),
    message: f.message,
    hint: known.length ? suggest(String(f.path.at(-1)), known) : f.hint,
  }
}

/** The keys that may stand where an unknown one does. */
function keysAround(path: Finding['path']): readonly string[] {
  const [top, , section] = path
  if (path.length === 1) return Object.keys(documentSchema.shape)
  if (top === 'meta') return Object.keys(meta.shape)
  if (top === 'nodes' || (top === 'defs' && section === 'nodes')) return Object.keys(node.shape)
  if (top === 'defs' && path.length === 3) return Object.keys(def.shape)
  if (top === 'lock' && path.length === 2) return Object.keys(lock.shape)
  if (top === 'lock' && path.length === 4) return Object.keys(schema.shape)
  return []
}
