import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import type { GraphDocument } from '../graph/document.ts'
import type { Report } from '../graph/host.ts'
import { parseGraph } from '../graph/parse.ts'
import type { Attribution, DatasetSchema } from '../graph/schema.ts'
import { writeGraph } from '../graph/write.ts'
import { BundleError } from './bundle.ts'
import {
  type BundleManifest,
  type BundleStage,
  GRAPH,
  LICENCES,
  LIMITS,
  MANIFEST,
  memberOf,
  type SeriesFile,
  VERIFY,
} from './bundle-format.ts'
import { readIfThere, readJsonIfThere, syncFolder } from './disk.ts'
import { readFork } from './fork.ts'
import { summarizeMetrics } from './reduce-metrics.ts'
import { checkpointsOf, reportsOf } from './run-synthesis.ts'

export interface WriteBundleOptions {
  /** Also the weights of each Train's newest checkpoint. */
  readonly weights?: boolean
}

export interface WrittenBundle {
  readonly path: string
  readonly bytes: number
  readonly members: readonly string[]
}

/** The same run gives the same bytes: members have no times of their own. */
const TIME = new Date(1980, 0, 1)

/** Writes `.dpt`: a run's graph with what it has given. Without weights, unless they are asked for. */
export async function writeBundle(
  run: string,
  path: string,
  options: WriteBundleOptions = {},
): Promise<WrittenBundle> {
  const document = await graphOf(run)
  const reports = await reportsOf(run)
  const schemas = Object.values(document.lock.schemas ?? {})
  const attribution = attributionOf([...schemas, ...Object.values(reports)])
  const temporary = `${path}.${process.pid}.tmp`
  const archive = await Archive.create(temporary)
  try {
    await archive.text(GRAPH, writeGraph(document))
    for (const [node, report] of Object.entries(reports))
      await archive.text(memberOf('reports', node, 'json'), JSON.stringify(report))
    for (const name of picturesIn(reports)) {
      const bytes = await readFile(join(run, 'pictures', name)).catch(() => undefined)
      if (bytes) await archive.stored(`pictures/${name}`, [bytes])
    }
    const stages = await writeSeries(run, document, archive)
    await archive.text(VERIFY, JSON.stringify({ format: 'diptych-verify', version: 1, stages }, null, 1))
    await archive.text(LICENCES, licences(attribution))
    if (options.weights) await writeWeights(run, archive)
    const manifest: BundleManifest = {
      format: 'diptych-bundle',
      version: 1,
      title: document.meta.title,
      run: { name: basename(run), startedAt: startOf(basename(run)) },
      attribution,
      members: archive.members,
    }
    await archive.text(MANIFEST, `${JSON.stringify(manifest, null, 1)}\n`)
    const bytes = await archive.finish()
    await rename(temporary, path)
    await syncFolder(dirname(path))
    return { path, bytes, members: Object.keys(archive.members) }
  } catch (e) {
    await archive.abandon()
    await rm(temporary, { force: true })
    throw e
  }
}

/** The graph as it ran, with the schemas that its sources had. */
async function graphOf(run: string): Promise<GraphDocument> {
  const text = await readIfThere(join(run, 'graph.json'))
  if (text === undefined) throw new BundleError(`${run} is no run's folder: it has no graph.json.`)
  const { document, diagnostics } = parseGraph(text)
  if (!document) throw new BundleError(`${join(run, 'graph.json')}: ${diagnostics[0]?.message}.`)
  const schemas = (await readJsonIfThere(join(run, 'schemas.json'))) as
    | Record<string, DatasetSchema>
    | undefined
  return schemas ? { ...document, lock: { ...document.lock, schemas } } : document
}

/** A run's folder is named after when it began, in UTC. */
function startOf(name: string): number | null {
  const m = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)/.exec(name)
  return m ? Date.parse(`${m[1]}T${m[2]}:${m[3]}:${m[4]}Z`) : null
}

function picturesIn(reports: Readonly<Record<string, Report>>): string[] {
  const names = Object.values(reports).flatMap(r =>
    (r.galleries ?? []).flatMap(g => g.items.flatMap(i => [i.picture, ...i.matches.map(m => m.picture)])),
  )
  const known = names.filter(n => n !== undefined && LIMITS.entryBytes(`pictures/${n}`) !== undefined)
  return [...new Set(known as string[])].sort()
}

/** Reduced metrics of each Train; resolves to what its first steps must give. */
async function writeSeries(
  run: string,
  document: GraphDocument,
  archive: Archive,
): Promise<Record<string, BundleStage>> {
  const keys = (await readJsonIfThere(join(run, 'keys.json'))) as
    | { readonly nodes?: Readonly<Record<string, BundleStage['key']>> }
    | undefined
  const stages: Record<string, BundleStage> = {}
  const names = (await readdir(run)).flatMap(name => /^metrics\.(.+)\.jsonl$/.exec(name)?.[1] ?? [])
  // In the order in which they ran, which is the order of the keys.
  const order = Object.keys(keys?.nodes ?? {})
  const trains = names
    .map(name => name.replaceAll('.', '/'))
    .sort((a, b) => order.indexOf(a) - order.indexOf(b) || (a < b ? -1 : 1))
  for (const train of trains) {
    const file = train.replaceAll('/', '.')
    const { taken, metrics, first } = await summarizeMetrics(join(run, `metrics.${file}.jsonl`))
    const wanted = document.nodes[train]?.params.steps
    const steps = typeof wanted === 'number' ? wanted : taken
    const parameters = await parametersOf(run, file)
    const series: SeriesFile = { format: 'diptych-series', version: 1, steps, taken, parameters, metrics }
    await archive.text(memberOf('metrics', train, 'json'), JSON.stringify(series))
    const key = keys?.nodes?.[train]
    const own = await ownSteps(run, train)
    const replayed = first.filter(({ step }) => step < own)
    if (key && replayed.length) stages[train] = { key, first: replayed }
  }
  return stages
}

/** How many of its first steps a Train made by the graph alone: until it was edited live, none where it is a fork. */
async function ownSteps(run: string, train: string): Promise<number> {
  if ((await readFork(run))?.train === train) return 0
  const edits = await readJsonIfThere(join(run, `edits.${train.replaceAll('/', '.')}.json`))
  const steps = Array.isArray(edits) ? edits.map((edit: { readonly step: number }) => edit.step) : []
  return Math.min(Number.POSITIVE_INFINITY, ...steps)
}

async function newestWeights(run: string, train: string): Promise<string | undefined> {
  const step = (await checkpointsOf(run)).get(train)?.at(-1)
  return step === undefined
    ? undefined
    : join(run, 'checkpoints', train, `step-${step}`, 'weights.safetensors')
}

/** How many numbers a Train's weights hold: what their file has after its header, four bytes each. */
async function parametersOf(run: string, train: string): Promise<number> {
  const path = await newestWeights(run, train)
  if (!path) return 0
  const file = await open(path)
  try {
    const head = Buffer.alloc(8)
    await file.read(head, 0, 8, 0)
    return Math.max(0, ((await file.stat()).size - 8 - Number(head.readBigUInt64LE())) / 4)
  } finally {
    await file.close()
  }
}

async function writeWeights(run: string, archive: Archive): Promise<void> {
  for (const train of (await checkpointsOf(run)).keys()) {
    const path = (await newestWeights(run, train))!
    const name = `weights/${train}.safetensors`
    const { size } = await stat(path)
    if (size > (LIMITS.entryBytes(name) ?? 0))
      throw new BundleError(`The weights of "${train}" have ${size} bytes: too many for a bundle.`)
    await archive.stored(name, createReadStream(path, { highWaterMark: 1 << 20 }))
  }
}

function attributionOf(sources: readonly { readonly attribution?: readonly Attribution[] }[]): string[] {
  const lines = sources.flatMap(s => (s.attribution ?? []).map(a => `${a.name}: ${a.by} (${a.licence})`))
  return [...new Set(lines)]
}

const licences = (lines: readonly string[]): string =>
  lines.length
    ? `The data behind these results, and the pictures shown, are the work of:\n\n${lines.map(l => `- ${l}\n`).join('')}`
    : 'The data behind these results say nothing of who made them.\n'

/** A zip archive on its way to the disk, with the size and hash of each member. */
class Archive {
  readonly members: BundleManifest['members'] = {}
  private readonly file: Awaited<ReturnType<typeof open>>
  private readonly zip: Zip
  private chain: Promise<void> = Promise.resolve()
  private bytes = 0

  private constructor(file: Awaited<ReturnType<typeof open>>) {
    this.file = file
    this.zip = new Zip((error, chunk) => {
      this.chain = this.chain.then(async () => {
        if (error) throw error
        this.bytes += chunk.length
        await this.file.writeFile(chunk)
      })
    })
  }

  static async create(path: string): Promise<Archive> {
    return new Archive(await open(path, 'w'))
  }

  async text(name: string, text: string): Promise<void> {
    const file = new ZipDeflate(name, { level: 9 })
    file.mtime = TIME
    this.zip.add(file)
    const bytes = Buffer.from(text)
    file.push(bytes, true)
    this.note(name, bytes.length, createHash('sha256').update(bytes))
    await this.chain
  }

  /** What is compressed already, or would not get smaller. */
  async stored(name: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    const file = new ZipPassThrough(name)
    file.mtime = TIME
    this.zip.add(file)
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of chunks) {
      hash.update(chunk)
      bytes += chunk.length
      file.push(chunk)
      await this.chain
    }
    file.push(new Uint8Array(0), true)
    this.note(name, bytes, hash)
    await this.chain
  }

  /** Resolves to the archive's size once all of it is on the disk. */
  async finish(): Promise<number> {
    this.zip.end()
    await this.chain
    await this.file.sync()
    await this.file.close()
    return this.bytes
  }

  async abandon(): Promise<void> {
    await this.chain.catch(() => {
      // The failure that led here.
    })
    await this.file.close().catch(() => {
      // It was closed already.
    })
  }

  private note(name: string, bytes: number, hash: Hash): void {
    if (name !== MANIFEST) this.members[name] = { bytes, sha256: hash.digest('hex') }
  }
}
