import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../data/atomic.ts'
import { DataError } from '../data/error.ts'
import { hashOf } from '../data/hash.ts'
import { expandBraces } from '../data/read/braces.ts'
import { readTable, writeTable } from '../data/serialize.ts'
import type { BadRow } from '../data/table.ts'
import { makeTokenizer, type TokenizerJson } from '../data/tokenizer.ts'
import type { CheckedNode } from '../graph/check.ts'
import { type Wire, wiresOf } from '../graph/document.ts'
import type { HostInputs, HostValue } from '../graph/host.ts'
import type { HostNode } from '../graph/kit.ts'
import type { PortType } from '../graph/types.ts'
import { codeOf } from './code-hash.ts'
import { type EngineContext, keepIfPossible, progressOf } from './context.ts'
import { fingerprintFolder } from './fingerprint.ts'
import { readReport, writeReport } from './report-cache.ts'
import { servicesFor } from './services.ts'
import { datasetOf, type EngineDataset, type EngineTokenizer, tokenizerOf } from './values.ts'

/** At most this many bad rows are named on the screen; all are counted, and named in the run's folder. */
const NAMED = 10

/** Kinds of values that take time to make; settings are made anew each time, which takes none. */
const KEPT: ReadonlySet<PortType['kind']> = new Set(['dataset', 'tokenizer', 'report'])

/** Whether what a host node makes takes time and is kept. */
export const isKept = (node: CheckedNode): boolean => Object.values(node.outputs).some(t => KEPT.has(t.kind))

const tokenizerFile = z.object({
  json: z.looseObject({}),
  special: z.object({ bos: z.int().optional(), eos: z.int(), pad: z.int() }),
})

/**
 * Runs one host node, or takes its result from the cache. The key is the hash of its code with everything it
 * imports, its parameters, its inputs' contents and, for a node that reads files, their names, sizes and times.
 */
export async function runHostNode(
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  folder: string,
  seed: number,
  context: EngineContext,
): Promise<Readonly<Record<string, HostValue>>> {
  const def = node.def as HostNode
  const inputs = hostInputs(node, values)
  const parts = {
    ...(await ownParts(node, folder, seed, context)),
    inputs: hashOfInputs(inputs),
  }
  const noted = context.reasons?.note(node.id, parts, false)
  // What takes no time needs no reason.
  const why = isKept(node) ? noted : undefined
  const key = hashOf(parts)
  const cached = await readCached(node, key, context)
  if (cached) {
    context.emit({ type: 'node', node: node.id, state: 'cached' })
    return cached
  }
  context.emit({ type: 'node', node: node.id, state: 'running', why })
  const services = servicesFor({
    cacheDir: context.cacheDir,
    folder,
    signal: context.signal,
    progress: progressOf(node.id, context),
    bad: rows => reportBad(node.id, rows, context),
  })
  const result = await def.run({ services, seed }, node.params, inputs)
  await keepIfPossible(node.id, context, () => writeCached(key, result, context))
  context.emit({ type: 'node', node: node.id, state: 'done' })
  return result
}

/** What is wired to a host node, by port. */
function hostInputs(node: CheckedNode, values: ReadonlyMap<Wire, HostValue>): HostInputs {
  const inputs: Record<string, HostValue | readonly HostValue[]> = {}
  for (const [port, spec] of Object.entries(node.def.inputs)) {
    const wired = wiresOf(node.json.in[port]).map(wire => values.get(wire)!)
    if (spec.list) inputs[port] = wired
    else if (wired[0]) inputs[port] = wired[0]
  }
  return inputs
}

const hashOfInputs = (inputs: HostInputs): string =>
  hashOf(Object.entries(inputs).map(([port, v]) => [port, [v].flat().map(contentOf)]))

/** The part of a host node's key that its inputs are. */
export const inputsPart = (node: CheckedNode, values: ReadonlyMap<Wire, HostValue>): string =>
  hashOfInputs(hostInputs(node, values))

/** The parts of a host node's key that are known without its inputs. */
export async function ownParts(
  node: CheckedNode,
  folder: string,
  seed: number,
  { codeHash }: Pick<EngineContext, 'codeHash'>,
): Promise<{ code: string; params: string; seed: number; files: string }> {
  const { def, params } = node
  return {
    code: hashOf([def.type, def.version, codeOf(def, codeHash)]),
    params: hashOf(params),
    seed,
    files: await filesOf(node, folder),
  }
}

/** What is known of the files that a node reads, without opening them; empty for one that reads none. */
async function filesOf(node: CheckedNode, folder: string): Promise<string> {
  const def = node.def as HostNode
  const { path } = node.params
  if (!def.files) return typeof path === 'string' ? fingerprintFolder(resolve(folder, path)) : ''
  const named = def.files(node.params, node.outputs).flatMap(expandBraces)
  return hashOf(await Promise.all(named.map(name => fingerprintFolder(resolve(folder, name)))))
}

const contentOf = (v: HostValue): unknown =>
  v.kind === 'dataset' || v.kind === 'tokenizer' ? v.hash : v.value

/** Says how many rows were left out and names the first of them. */
export function reportBad(node: string, rows: readonly BadRow[], context: EngineContext): void {
  if (rows.length === 0) return
  const named = rows.slice(0, NAMED).map(r => `${r.where}: ${r.problem}`)
  const file = context.leftOut?.(node, rows)
  const rest = rows.length > NAMED ? [`and ${rows.length - NAMED} more${file ? `, all in ${file}` : ''}`] : []
  const count = rows.length === 1 ? '1 row left out' : `${rows.length} rows left out`
  context.emit({ type: 'log', level: 'warning', node, message: [count, ...named, ...rest].join('\n  ') })
}

const stem = (key: string, context: EngineContext): string => join(context.cacheDir, 'nodes', key)

/** What a host node made before under this key; undefined where it is not kept, or not whole. */
export async function readCached(
  node: CheckedNode,
  key: string,
  context: EngineContext,
): Promise<Record<string, HostValue> | undefined> {
  const outputs: Record<string, HostValue> = {}
  for (const [port, type] of Object.entries(node.outputs)) {
    const path = `${stem(key, context)}.${port}`
    try {
      if (type.kind === 'dataset') {
        const table = await readTable(`${path}.table`)
        if (!table) return undefined
        // A table node only passes on what its source has already told.
        if ((node.def as HostNode).peek) reportBad(node.id, table.bad, context)
        outputs[port] = datasetOf(table)
      } else if (type.kind === 'tokenizer') {
        const text = await readFile(`${path}.tokenizer.json`, 'utf8')
        const { json, special } = tokenizerFile.parse(JSON.parse(text))
        outputs[port] = tokenizerOf(
          makeTokenizer(json as unknown as TokenizerJson, { ...special, bos: special.bos }),
        )
      } else if (type.kind === 'report') {
        const value = await readReport(context.cacheDir, reportKey(key, port))
        if (!value) return undefined
        outputs[port] = { kind: 'report', value }
      } else return undefined
    } catch (e) {
      // What can't be read back is made again.
      if (
        e instanceof DataError ||
        e instanceof SyntaxError ||
        e instanceof z.ZodError ||
        !(await exists(path))
      )
        return undefined
      throw e
    }
  }
  return Object.keys(outputs).length ? outputs : undefined
}

const reportKey = (key: string, port: string): string => `${key}.${port}`

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

async function writeCached(
  key: string,
  result: Readonly<Record<string, HostValue>>,
  context: EngineContext,
): Promise<void> {
  for (const [port, value] of Object.entries(result)) {
    const path = `${stem(key, context)}.${port}`
    if (value.kind === 'dataset') await writeTable(`${path}.table`, (value as EngineDataset).table)
    else if (value.kind === 'tokenizer') {
      const { tokenizer } = value as EngineTokenizer
      const { bos, eos, pad } = tokenizer
      const text = JSON.stringify({ json: tokenizer.toJSON(), special: { bos, eos, pad } })
      await writeFileAtomic(`${path}.tokenizer.json`, text)
    } else if (value.kind === 'report') await writeReport(context.cacheDir, reportKey(key, port), value.value)
  }
}
