import { createHash } from 'node:crypto'
import type { GraphDocument } from '../graph/document.ts'
import type { Report } from '../graph/host.ts'
import { parseGraph } from '../graph/parse.ts'
import type { Event } from '../protocol/messages.ts'
import {
  type BundleManifest,
  type BundleStage,
  GRAPH,
  isWeights,
  LIMITS,
  MANIFEST,
  manifestFile,
  nodeOf,
  reportFile,
  type SeriesFile,
  seriesFile,
  VERIFY,
  verifyFile,
} from './bundle-format.ts'
import { ZipError, ZipReader } from './zip-read.ts'

/** A bundle that can't be opened; the message is for a person. */
export class BundleError extends Error {
  override readonly name = 'BundleError'
}

/** What a bundle shows: a graph with the results that its author had. None of it was made here. */
export interface Bundle {
  readonly manifest: BundleManifest
  /** The graph's text, with the schemas of its sources locked in. */
  readonly text: string
  readonly document: GraphDocument
  readonly reports: Readonly<Record<string, Report>>
  /** By name, as the reports give them: WebP. */
  readonly pictures: ReadonlyMap<string, Uint8Array>
  /** The run as it was told, with reduced metrics. */
  readonly events: readonly Event[]
  /** By Train, in order: what its first steps must give. */
  readonly stages: Readonly<Record<string, BundleStage>>
  /** Trains whose weights it holds. */
  readonly weights: readonly string[]
  readonly attribution: readonly string[]
}

/**
 * Reads a bundle that may come from anyone: only known members, within limits, each with the hash that the manifest
 * gives, each of the form that it must have.
 */
export async function readBundle(path: string): Promise<Bundle> {
  let zip: ZipReader | undefined
  try {
    zip = await ZipReader.open(path, LIMITS)
    return await readMembers(zip)
  } catch (e) {
    if (e instanceof ZipError || e instanceof BundleError)
      throw new BundleError(`${path} can't be opened as a bundle: ${e.message}.`)
    const code = (e as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw new BundleError(`${path}: there is no such file.`)
    if (code === 'EISDIR') throw new BundleError(`${path} is a folder, not a bundle.`)
    throw e
  } finally {
    await zip?.close()
  }
}

async function readMembers(zip: ZipReader): Promise<Bundle> {
  const manifest = parse(manifestFile, await zip.read(MANIFEST), MANIFEST)
  for (const name of Object.keys(manifest.members))
    if (!zip.entries.has(name)) throw new BundleError(`it lacks ${JSON.stringify(name.slice(0, 80))}`)
  const member = async (name: string): Promise<Uint8Array> => {
    const known = Object.hasOwn(manifest.members, name) ? manifest.members[name] : undefined
    if (!known) throw new BundleError(`${name} is not in its manifest`)
    const bytes = await zip.read(name)
    if (bytes.length !== known.bytes || createHash('sha256').update(bytes).digest('hex') !== known.sha256)
      throw new BundleError(`${name} is not what its manifest says`)
    return bytes
  }
  const text = utf8(await member(GRAPH), GRAPH)
  const { document, diagnostics } = parseGraph(text)
  if (!document) throw new BundleError(`its graph can't be read: ${diagnostics[0]?.message ?? 'it is empty'}`)
  const reports: Record<string, Report> = {}
  const series: Record<string, SeriesFile> = {}
  const pictures = new Map<string, Uint8Array>()
  const weights: string[] = []
  let stages: Bundle['stages'] = {}
  for (const name of zip.entries.keys()) {
    if (name === MANIFEST || name === GRAPH) continue
    // Weights are large and nothing that is shown: their hashes are checked by whoever takes them out.
    if (isWeights(name)) {
      weights.push(nodeOf(name))
      continue
    }
    const bytes = await member(name)
    if (name === VERIFY) stages = parse(verifyFile, bytes, name).stages
    else if (name.startsWith('reports/')) reports[nodeOf(name)] = parse(reportFile, bytes, name)
    else if (name.startsWith('metrics/')) series[nodeOf(name)] = parse(seriesFile, bytes, name)
    else if (name.startsWith('pictures/')) {
      if (!isWebp(bytes)) throw new BundleError(`${name} is no WebP picture`)
      pictures.set(name.slice('pictures/'.length), bytes)
    }
  }
  const events = eventsOf(series, reports)
  return {
    ...{ manifest, text, document, reports, pictures, events, stages, weights },
    attribution: manifest.attribution,
  }
}

interface Parser<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: readonly Issue[] } }
}
interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function parse<T>(schema: Parser<T>, bytes: Uint8Array, name: string): T {
  let json: unknown
  try {
    json = JSON.parse(utf8(bytes, name))
  } catch (e) {
    if (e instanceof BundleError) throw e
    throw new BundleError(`${name} is not JSON`)
  }
  const version = name === MANIFEST && (json as { version?: unknown } | null)?.version
  if (typeof version === 'number' && version > 1)
    throw new BundleError(`it was made by a newer Diptych (bundle version ${version}); update to open it`)
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new BundleError(`${name} is malformed: ${issue?.path.map(String).join('.')} ${issue?.message}`)
}

function utf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new BundleError(`${name} is no text`)
  }
}

const isWebp = (bytes: Uint8Array): boolean => {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  return head.startsWith('RIFF') && head.endsWith('WEBP')
}

/** The events that a run of this bundle would have told, its reduced metrics as steps. */
function eventsOf(
  series: Readonly<Record<string, SeriesFile>>,
  reports: Readonly<Record<string, Report>>,
): Event[] {
  const events: Event[] = []
  for (const [node, { steps, taken, parameters, metrics }] of Object.entries(series)) {
    events.push(
      { type: 'node', node, state: 'running' },
      { type: 'train', node, steps, firstStep: 0, parameters, compileSeconds: 0, fromCache: true },
    )
    const atStep = new Map<number, Record<`train/${string}`, number>>()
    for (const [name, points] of Object.entries(metrics))
      points.steps.forEach((step, i) => {
        const value = points.values[i]
        if (value === undefined) return
        const known = atStep.get(step) ?? {}
        known[name as `train/${string}`] = value
        atStep.set(step, known)
      })
    for (const [step, values] of [...atStep].sort(([a], [b]) => a - b))
      events.push({ type: 'step', node, step, ...values })
    if (taken >= steps) events.push({ type: 'node', node, state: 'done' })
  }
  for (const [node, report] of Object.entries(reports))
    events.push({ type: 'report', node, report }, { type: 'node', node, state: 'done' })
  return events
}
