import { randomBytes } from 'node:crypto'
import { lstat, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What each subfolder of the cache holds. `setUp`: fetched by set-up, so kept unless asked otherwise. */
const KNOWN: Readonly<Record<string, { readonly about: string; readonly setUp?: boolean }>> = {
  plugins: { about: 'XLA plugins', setUp: true },
  'bench-peers': { about: 'JAX and PyTorch for the benchmark', setUp: true },
  'tfjs-node': { about: "TensorFlow.js on TensorFlow's library", setUp: true },
  packs: { about: 'packed pictures and texts' },
  nodes: { about: 'datasets and tokenizers' },
  train: { about: 'trained weights' },
  reports: { about: 'evaluation reports' },
  xla: { about: 'compiled programs' },
}

const PRUNED = '.pruned-'
/** What was used this recently may belong to a run that goes on. */
export const IN_USE_MS = 10 * 60_000

/** One thing that is kept or removed as a whole: all files of one key. */
export interface CacheEntry {
  readonly name: string
  readonly paths: readonly string[]
  readonly bytes: number
  /** Milliseconds since 1970: the newest of its files' times of reading and writing. */
  readonly lastUsed: number
}

export interface CacheSection {
  readonly name: string
  readonly about: string
  readonly setUp: boolean
  readonly bytes: number
  readonly entries: readonly CacheEntry[]
}

/** The cache folder's subfolders with their entries; an empty list where there is no cache. */
export async function readCache(root: string): Promise<CacheSection[]> {
  const folders = (await list(root)).filter(f => f.isDirectory && !f.name.startsWith('.'))
  return Promise.all(
    folders.map(async ({ name, path }) => {
      const known = KNOWN[name]
      const setUp = known?.setUp ?? false
      // The files of one key share what stands before the first dot. Set-up and strangers stay whole.
      const groups = new Map<string, string[]>()
      if (setUp || !known) groups.set(name, [path])
      else
        for (const file of await list(path)) {
          if (file.name.startsWith(PRUNED)) continue
          const key = file.name.startsWith('.') ? file.name : file.name.split('.')[0]!
          groups.set(key, [...(groups.get(key) ?? []), file.path])
        }
      const entries = await Promise.all([...groups].map(([key, paths]) => measure(key, paths)))
      const bytes = entries.reduce((sum, e) => sum + e.bytes, 0)
      return { name, about: known?.about ?? 'unknown to this version', setUp, bytes, entries }
    }),
  )
}

export interface PruneOptions {
  /** The whole cache is to be at most this large. */
  readonly maxBytes: number
  /** Plugins and benchmark peers may go too. */
  readonly all: boolean
  /** Only say what would go. */
  readonly dryRun?: boolean
  readonly now?: number
}

export interface Pruned {
  readonly before: number
  readonly after: number
  readonly removed: readonly { readonly section: string; readonly entry: CacheEntry }[]
  /** Why the cache is still larger than asked for. */
  readonly kept: { readonly inUse: number; readonly setUp: number }
}

/** Removes the least recently used entries until the cache is small enough. */
export async function pruneCache(root: string, options: PruneOptions): Promise<Pruned> {
  const { maxBytes, all, dryRun = false, now = Date.now() } = options
  if (!dryRun) await sweep(root)
  const sections = await readCache(root)
  const before = sections.reduce((sum, s) => sum + s.bytes, 0)
  const candidates = sections
    .flatMap(s => s.entries.map(entry => ({ section: s.name, setUp: s.setUp, entry })))
    .sort((a, b) => a.entry.lastUsed - b.entry.lastUsed)
  const kept = { inUse: 0, setUp: 0 }
  const removed: { section: string; entry: CacheEntry }[] = []
  let after = before
  for (const { section, setUp, entry } of candidates) {
    if (after <= maxBytes) break
    if (setUp && !all) kept.setUp++
    else if (entry.lastUsed > now - IN_USE_MS) kept.inUse++
    else {
      if (!dryRun) await remove(entry)
      removed.push({ section, entry })
      after -= entry.bytes
    }
  }
  return { before, after, removed, kept }
}

/** Takes an entry away under its name first, so that no reader ever finds half of it. */
async function remove(entry: CacheEntry): Promise<void> {
  for (const path of entry.paths) {
    const gone = join(dirname(path), `${PRUNED}${randomBytes(4).toString('hex')}`)
    try {
      await rename(path, gone)
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code === 'ENOENT') continue
      throw e
    }
    await rm(gone, { recursive: true, force: true })
  }
}

/** Removes what an interrupted prune has left. */
async function sweep(root: string): Promise<void> {
  const folders = [root, ...(await list(root)).filter(f => f.isDirectory).map(f => f.path)]
  for (const folder of folders)
    for (const { name, path } of await list(folder))
      if (name.startsWith(PRUNED)) await rm(path, { recursive: true, force: true })
}

interface Found {
  readonly name: string
  readonly path: string
  readonly isDirectory: boolean
}

async function list(folder: string): Promise<Found[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .map(e => ({ name: e.name, path: join(folder, e.name), isDirectory: e.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw e
  }
}

async function measure(name: string, paths: readonly string[]): Promise<CacheEntry> {
  let [bytes, lastUsed] = [0, 0]
  const visit = async (path: string, isDirectory: boolean): Promise<void> => {
    if (isDirectory) {
      for (const inner of await list(path)) await visit(inner.path, inner.isDirectory)
      return
    }
    const stats = await lstat(path).catch(() => undefined)
    if (!stats) return
    bytes += stats.size
    lastUsed = Math.max(lastUsed, stats.atimeMs, stats.mtimeMs)
  }
  for (const path of paths)
    await visit(path, (await lstat(path).catch(() => undefined))?.isDirectory() ?? false)
  return { name, paths, bytes, lastUsed }
}
