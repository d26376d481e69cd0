import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, rm, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { publish, removeLeftovers, temporaryName, writeFileAtomic } from './atomic.ts'
import { DataError, systemCode } from './error.ts'

/** Bumped whenever the bytes of a pack change their meaning; older files are then made again. */
export const PACK_VERSION = 1

const header = z.strictObject({
  format: z.literal('diptych-pack'),
  version: z.literal(PACK_VERSION),
  key: z.string(),
  rows: z.int().min(0),
  /** Of one row, outermost dimension first. */
  shape: z.array(z.int().min(1)),
  dtype: z.enum(['u8', 's32']),
  rowBytes: z.int().min(1),
  /** Of the array file. */
  sha256: z.string(),
  /** What the maker wants to remember beside the array: rows that could not be packed, and why. */
  notes: z.array(z.tuple([z.string(), z.string()])),
})

/** The `.json` beside an array file `.bin`; a pack exists once this does. Rows lie one after another, without gaps. */
export type PackHeader = z.infer<typeof header>

/** What is known of a pack before its rows are made. */
export interface PackPlan {
  readonly key: string
  readonly shape: readonly number[]
  readonly dtype: PackHeader['dtype']
  readonly rowBytes: number
  /** The most rows there will be, for the check of free space. */
  readonly maxRows: number
}

export interface PackContents {
  /** Whole rows. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Called after the last chunk. */
  readonly notes: () => PackHeader['notes']
}

/** The calls that write an array file; a test puts failing ones in their place. */
export interface PackDisk {
  open(path: string): Promise<Pick<FileHandle, 'write' | 'sync' | 'close'>>
  freeBytes(folder: string): Promise<number>
}

const disk: PackDisk = {
  open: path => open(path, 'wx'),
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  },
}

/** Left free beyond the pack itself, for the run's own files. */
const SPARE_BYTES = 64 * 1024 * 1024

/**
 * Writes `<stem>.bin` and then `<stem>.json`, each under a temporary name, synced and renamed, so that a pack is
 * whole or not there. A full disk is a DataError that says what to do; nothing half-written stays behind.
 */
export async function writePack(
  stem: string,
  plan: PackPlan,
  contents: PackContents,
  on: PackDisk = disk,
): Promise<PackHeader> {
  const folder = dirname(stem)
  await mkdir(folder, { recursive: true })
  const path = `${stem}.bin`
  await removeLeftovers(path)
  const needed = plan.maxRows * plan.rowBytes
  const free = await on.freeBytes(folder)
  if (free < needed + SPARE_BYTES) throw fullDisk(folder, needed, free)
  const temporary = temporaryName(path)
  try {
    const { bytes, sha256 } = await writeChunks(temporary, contents.chunks, on)
    if (bytes % plan.rowBytes !== 0)
      throw new Error(`a pack of ${bytes} bytes has no whole rows of ${plan.rowBytes}`)
    // The old header goes first: a header must never describe another file's bytes.
    await rm(`${stem}.json`, { force: true })
    await publish(temporary, path)
    const { key, dtype, rowBytes } = plan
    const made: PackHeader = {
      format: 'diptych-pack',
      version: PACK_VERSION,
      key,
      rows: bytes / rowBytes,
      shape: [...plan.shape],
      dtype,
      rowBytes,
      sha256,
      notes: contents.notes(),
    }
    await writeFileAtomic(`${stem}.json`, `${JSON.stringify(made, null, 2)}\n`)
    return made
  } catch (error) {
    await rm(temporary, { force: true })
    const code = systemCode(error)
    if (code === 'ENOSPC' || code === 'EDQUOT') throw fullDisk(folder, needed, await on.freeBytes(folder))
    throw error
  }
}

/** The header of a pack, or undefined where it is missing, of another version, or does not fit the array file. */
export async function readPackHeader(stem: string, key: string): Promise<PackHeader | undefined> {
  try {
    const parsed = header.safeParse(JSON.parse(await readFile(`${stem}.json`, 'utf8')))
    if (!parsed.success) return undefined
    const { rows, rowBytes } = parsed.data
    const { size } = await stat(`${stem}.bin`)
    return parsed.data.key === key && size === rows * rowBytes ? parsed.data : undefined
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

async function writeChunks(path: string, chunks: AsyncIterable<Uint8Array>, on: PackDisk) {
  const hash = createHash('sha256')
  const file = await on.open(path)
  let bytes = 0
  try {
    for await (const chunk of chunks) {
      hash.update(chunk)
      let written = 0
      while (written < chunk.length) {
        const { bytesWritten } = await file.write(chunk, written, chunk.length - written, bytes + written)
        written += bytesWritten
      }
      bytes += chunk.length
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { bytes, sha256: hash.digest('hex') }
}

function fullDisk(folder: string, needed: number, free: number): DataError {
  const size = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
  return new DataError(
    `The disk is full: packing needs ${size(needed)} and ${size(SPARE_BYTES)} to spare in ${folder}, where ` +
      `${size(free)} are free. Make room ("diptych cache prune"), or set DIPTYCH_CACHE to a folder on another disk.`,
  )
}
