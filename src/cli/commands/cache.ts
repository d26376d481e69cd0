import { cacheFolder } from '../../host/cache-folder.ts'
import { IN_USE_MS, pruneCache, readCache } from '../../host/cache-store.ts'
import { EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { ago, fileSize, plural } from '../render/format.ts'
import { jsonLine } from '../render/json.ts'
import { table } from '../render/table.ts'

/** Lists what the cache holds, by kind. */
export async function cacheListCommand(flags: { readonly json?: boolean }, io: Io): Promise<number> {
  const folder = cacheFolder()
  const sections = await readCache(folder)
  const total = sections.reduce((sum, s) => sum + s.bytes, 0)
  if (flags.json) {
    const kinds = sections.map(({ name, bytes, entries }) => ({ name, bytes, entries: entries.length }))
    io.out.line(jsonLine({ folder, bytes: total, kinds }))
    return EXIT.ok
  }
  io.out.line(folder)
  const now = Date.now()
  const rows = sections.map(s => {
    const newest = Math.max(0, ...s.entries.map(e => e.lastUsed))
    const entries = s.setUp ? '' : String(s.entries.length)
    return [s.name, fileSize(s.bytes), entries, newest ? ago(newest, now) : '', s.about]
  })
  const lines = [['kind', 'size', 'entries', 'last used', ''], ...rows, ['total', fileSize(total)]]
  for (const line of table(lines, ['left', 'right', 'right', 'left', 'left'], '  ')) io.out.line(line)
  return EXIT.ok
}

export interface PruneFlags {
  /** Bytes. */
  readonly maxSize: number
  readonly all?: boolean
  readonly dryRun?: boolean
}

/** Removes the least recently used entries until the cache is small enough. */
export async function cachePruneCommand(flags: PruneFlags, io: Io): Promise<number> {
  const { maxSize: maxBytes, all = false, dryRun = false } = flags
  const { before, after, removed, kept } = await pruneCache(cacheFolder(), { maxBytes, all, dryRun })
  for (const { section, entry } of removed)
    io.out.line(`${dryRun ? 'would remove' : 'removed'} ${section}/${entry.name} (${fileSize(entry.bytes)})`)
  const entries = plural(removed.length, 'entry', 'entries')
  io.out.line(`${fileSize(before)} → ${fileSize(after)}: ${entries} ${dryRun ? 'would go' : 'removed'}`)
  if (after > maxBytes) {
    if (kept.inUse)
      io.out.line(`${kept.inUse} kept: used in the last ${IN_USE_MS / 60_000} minutes, perhaps by a run.`)
    if (kept.setUp) io.out.line('What set-up has fetched is kept; --all lets it go too.')
  }
  return EXIT.ok
}
