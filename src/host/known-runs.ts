import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineName } from '../protocol/engine-name.ts'
import type { RunInfo } from '../protocol/workbench.ts'
import { type Bundle, BundleError, readBundle } from './bundle.ts'
import { writeBundle } from './bundle-write.ts'
import { Fault } from './fault.ts'
import { type Picture, readPicture } from './pictures.ts'
import {
  deleteFolder,
  isLive,
  openEvents,
  readRun,
  refuseInUse,
  runFoldersOf,
  writeRunFile,
} from './run-folders.ts'
import { type EventSource, FixedEvents } from './run-log.ts'
import type { RunQueue } from './run-queue.ts'
import { lastLoss } from './run-synthesis.ts'

/** A finished run's events stay open for windows that come back to it. */
const OPEN_KEPT = 8

interface Known {
  readonly folder: string
  readonly file: string | null
}

/** Every run that a window may name: those of the queue, and those whose folders were found beside a graph. */
export class KnownRuns {
  private readonly queue: RunQueue
  private readonly known = new Map<string, Known>()
  private readonly events = new Map<string, EventSource>()
  private readonly bundles = new Map<string, { readonly bundle: Bundle; readonly info: RunInfo }>()

  constructor(queue: RunQueue) {
    this.queue = queue
  }

  /** The runs of a graph file, newest first. `file` is null for a document that was never saved. */
  async list(source: string, file: string | null): Promise<readonly RunInfo[]> {
    const queued = this.queue.list.filter(run => this.queue.find(run.id)?.order.source === source)
    const folders = new Set(queued.map(run => run.folder))
    const found = await Promise.all(
      (await runFoldersOf(source)).filter(f => !folders.has(f)).map(folder => this.read(folder, file)),
    )
    const all = [...queued, ...found.filter(info => info !== undefined)]
    const read = await Promise.all(all.map(withLoss))
    // Reading took its time: those of the queue may have gone on.
    return read
      .map(info => ({ ...info, ...this.queue.find(info.id)?.info }))
      .sort((a, b) => timeOf(b) - timeOf(a) || (a.id < b.id ? 1 : -1))
  }

  /** The newest run that has begun. */
  async last(source: string, file: string | null): Promise<RunInfo | null> {
    const queued = this.queue.list.filter(
      run => run.startedAt !== null && this.queue.find(run.id)?.order.source === source,
    )
    const newest = queued.sort((a, b) => timeOf(b) - timeOf(a))[0]
    if (newest) return newest
    for (const folder of await runFoldersOf(source)) {
      const info = await this.read(folder, file)
      if (info) return info
    }
    return null
  }

  /** @throws {Fault} `not-found` */
  async find(id: string): Promise<RunInfo> {
    const queued = this.queue.find(id)?.info ?? this.bundles.get(id)?.info
    if (queued) return queued
    const { folder, file } = this.place(id)
    const info = await this.read(folder, file)
    if (!info) throw new Fault('not-found', 'This run is no longer there.')
    return info
  }

  async source(id: string): Promise<EventSource> {
    const queued = this.queue.find(id)
    if (queued) return queued.log
    const bundled = this.bundles.get(id)
    if (bundled) return new FixedEvents(bundled.bundle.events)
    const { folder } = this.place(id)
    const open = this.events.get(id)
    if (open) return open
    const events = await openEvents(folder)
    this.events.set(id, events)
    const [eldest] = this.events.keys()
    if (this.events.size > OPEN_KEPT) this.events.delete(eldest!)
    return events
  }

  async continue(id: string): Promise<RunInfo> {
    const known = this.known.get(id)
    this.events.delete(id)
    return this.queue.continue(id, known)
  }

  /** Gives a run another name. */
  async rename(id: string, title: string): Promise<RunInfo> {
    const queued = this.queue.find(id)
    if (queued) {
      await queued.rename(title)
      return queued.info
    }
    const { folder, file } = this.place(id)
    const stored = await readRun(folder, file)
    if (!stored) throw new Fault('not-found', 'This run is no longer there.')
    await refuseInUse(folder, stored.info)
    // A run that was made headless gets a file of its own with its name.
    const info: RunInfo = { ...stored.info, title }
    await writeRunFile(folder, info, stored.engine)
    return info
  }

  /** Deletes a run that is over, with its folder. */
  async delete(id: string): Promise<void> {
    const info = await this.find(id)
    const queued = this.queue.find(id)
    const { folder } = info
    if (isLive(info.state)) throw new Fault('bad-request', 'This run is not over: stop it first.')
    if (this.bundles.has(id)) throw new Fault('bad-request', 'This run is the bundle’s, not on the disk.')
    if (folder !== null) {
      await refuseInUse(folder, info)
      const waits = this.queue.list.find(r => r.state === 'waiting' && r.fork?.folder === folder)
      if (waits)
        throw new Fault(
          'bad-request',
          `A fork of it waits in the queue (${waits.title}): it begins with its weights.`,
        )
      await queued?.settled()
      await deleteFolder(folder)
    }
    if (queued) this.queue.drop(queued)
    this.known.delete(id)
    this.events.delete(id)
  }

  /** The graph that a run was made from. */
  async graph(id: string): Promise<string> {
    const text = this.queue.find(id)?.order.text ?? this.bundles.get(id)?.bundle.text
    return text ?? readFile(join(this.place(id).folder, 'graph.json'), 'utf8')
  }

  async picture(id: string, name: string): Promise<Picture> {
    const bundled = this.bundles.get(id)
    if (!bundled) return readPicture(await this.folder(id), name)
    const bytes = bundled.bundle.pictures.get(name)
    if (!bytes) throw new Fault('not-found', 'The bundle has no such picture.')
    return { mime: 'image/webp', bytes }
  }

  /** Results that came with a graph: they can be looked at like a run's own. */
  async openBundle(path: string): Promise<{ readonly text: string; readonly run: RunInfo }> {
    const bundle = await asFaults(readBundle(path))
    const id = `bundle-${randomUUID()}`
    const { manifest, text, reports, events, attribution } = bundle
    const { startedAt } = manifest.run
    const run: RunInfo = {
      ...{ id, file: null, title: manifest.title, state: 'completed', folder: null, resumable: false },
      ...{ queuedAt: startedAt ?? 0, startedAt, endedAt: null, failure: null, attribution, reports },
      events: events.length,
    }
    this.bundles.set(id, { bundle, info: run })
    const [eldest] = this.bundles.keys()
    if (this.bundles.size > OPEN_KEPT) this.bundles.delete(eldest!)
    return { text, run }
  }

  async writeBundle(id: string, path: string): Promise<{ readonly path: string; readonly bytes: number }> {
    const written = await asFaults(writeBundle(await this.folder(id), path))
    return { path: written.path, bytes: written.bytes }
  }

  /** What computes a run. */
  async engineOf(id: string): Promise<EngineName> {
    const queued = this.queue.find(id)
    if (queued) return queued.options.engine
    const { folder, file } = this.place(id)
    return (await readRun(folder, file))?.engine ?? 'xla'
  }

  /** @throws {Fault} `not-found`, also where it has none yet. */
  async folder(id: string): Promise<string> {
    const { folder } = await this.find(id)
    if (folder === null) throw new Fault('not-found', 'This run has no results yet.')
    return folder
  }

  private place(id: string): Known {
    const known = this.known.get(id)
    if (!known) throw new Fault('not-found', 'There is no such run here.')
    return known
  }

  private async read(folder: string, file: string | null): Promise<RunInfo | undefined> {
    const stored = await readRun(folder, file)
    if (!stored) return undefined
    this.known.set(stored.info.id, { folder, file })
    return stored.info
  }
}

function asFaults<T>(work: Promise<T>): Promise<T> {
  return work.catch(e => {
    throw e instanceof BundleError ? new Fault('bad-request', e.message) : e
  })
}

/** A metrics file that can't be read keeps no run out of the list. */
async function withLoss(info: RunInfo): Promise<RunInfo> {
  const loss = info.folder === null ? undefined : await lastLoss(info.folder).catch(() => undefined)
  return loss === undefined ? info : { ...info, loss }
}

const timeOf = (info: RunInfo): number => info.startedAt ?? info.queuedAt
