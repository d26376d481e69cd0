import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { peekFolder } from '../data/folder.ts'
import type { ScanOptions } from '../data/folder-scan.ts'
import { hashOf } from '../data/hash.ts'
import type { DatasetSchema } from '../graph/schema.ts'

/** Folders that are remembered; the one that was looked at least recently goes first. */
const KEPT = 32

/** A folder or metadata file, as it was. */
interface Place {
  readonly path: string
  readonly mtimeMs: number
  readonly size: number
}

interface Peeked {
  readonly places: readonly Place[]
  readonly outcome: { readonly schema: DatasetSchema } | { readonly fault: unknown }
}

const known = new Map<string, Peeked>()

/**
 * The columns of a picture folder. While a person edits, this is asked with every change, so an answer is kept
 * until a folder below or a metadata file changes.
 */
export async function peekFolderAgain(options: ScanOptions): Promise<DatasetSchema> {
  const key = ['folder', options.path, options.metadata ?? null]
  return rememberPlaces(
    key,
    () => placesOf(options),
    () => peekFolder(options),
    options.signal,
  )
}

/** The answer of a look at some files, kept until one of them changes. */
export const remember = (
  key: readonly unknown[],
  files: readonly string[],
  see: () => Promise<DatasetSchema>,
  signal?: AbortSignal,
): Promise<DatasetSchema> => rememberPlaces(key, () => Promise.all(files.map(look)), see, signal)

async function rememberPlaces(
  parts: readonly unknown[],
  placesNow: () => Promise<Place[]>,
  see: () => Promise<DatasetSchema>,
  signal?: AbortSignal,
): Promise<DatasetSchema> {
  const key = hashOf(parts)
  const found = known.get(key)
  known.delete(key)
  if (found && (await unchanged(found.places))) {
    known.set(key, found)
    return answer(found)
  }
  // Before the look itself, so that what changes meanwhile is noticed next time.
  const places = await placesNow().catch(() => undefined)
  signal?.throwIfAborted()
  const peeked: Peeked = {
    places: places ?? [],
    outcome: await see().then(
      schema => ({ schema }),
      fault => ({ fault }),
    ),
  }
  signal?.throwIfAborted()
  if (places) known.set(key, peeked)
  for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - KEPT))) known.delete(oldest)
  return answer(peeked)
}

function answer({ outcome }: Peeked): DatasetSchema {
  if ('fault' in outcome) throw outcome.fault
  return outcome.schema
}

async function unchanged(places: readonly Place[]): Promise<boolean> {
  const now = await Promise.all(places.map(p => look(p.path).catch(() => undefined)))
  return now.every((p, i) => p && p.mtimeMs === places[i]!.mtimeMs && p.size === places[i]!.size)
}

async function look(path: string): Promise<Place> {
  const { mtimeMs, size } = await stat(path)
  return { path, mtimeMs, size }
}

/** All folders below, and the metadata files in them: what is in a folder can't change without its time. */
async function placesOf({ path, metadata, signal }: ScanOptions): Promise<Place[]> {
  const places: Place[] = []
  const visit = async (folder: string): Promise<void> => {
    signal?.throwIfAborted()
    places.push(await look(folder))
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const inner = join(folder, entry.name)
      if (entry.isDirectory() && !entry.name.startsWith('.')) await visit(inner)
      else if (/^metadata\.(jsonl|csv)$/i.test(entry.name)) places.push(await look(inner))
    }
  }
  await visit(path)
  if (metadata !== undefined) places.push(await look(join(path, metadata)))
  return places
}
