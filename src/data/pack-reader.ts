import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import type { PackHeader } from './array-file.ts'
import { DataError } from './error.ts'
import { mapLanes } from './parallel.ts'

/** Packs up to this size stay in memory; larger ones are read row by row. */
export const MEMORY_LIMIT = 256 * 1024 * 1024

/** Rows this close together are read in one go and the bytes between them dropped. */
const GAP_BYTES = 16 * 1024
const RUN_BYTES = 1024 * 1024
const READS_AT_ONCE = 4

export interface ReaderOptions {
  /** Default `MEMORY_LIMIT`; 0 always reads from the file. */
  readonly memoryLimit?: number
}

/** Rows of a pack by number. One reader serves any number of gathers at once; close it when done. */
export interface PackReader {
  readonly header: PackHeader
  /**
   * Copies rows into `into`, one after another in the order asked; a row may be asked for twice. `into` holds exactly
   * rows × rowBytes bytes and belongs to the caller, who may align and reuse it.
   */
  gather(rows: Int32Array, into: Uint8Array): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a pack's array file. A pack that is kept in memory is checked against its SHA-256; undefined where it does
 * not fit, so that it is made again. A larger one is trusted by its size.
 */
export async function openPack(
  path: string,
  header: PackHeader,
  options: ReaderOptions = {},
): Promise<PackReader | undefined> {
  const bytes = header.rows * header.rowBytes
  if (bytes > (options.memoryLimit ?? MEMORY_LIMIT)) return fileReader(path, header)
  const content = await readFile(path)
  const hash = createHash('sha256').update(content).digest('hex')
  return hash === header.sha256 ? memoryReader(content, header) : undefined
}

function memoryReader(content: Uint8Array, header: PackHeader): PackReader {
  const { rowBytes } = header
  return {
    header,
    async gather(rows, into) {
      checkGather(header, rows, into)
      for (const [place, row] of rows.entries()) {
        into.set(content.subarray(row * rowBytes, (row + 1) * rowBytes), place * rowBytes)
      }
    },
    async close() {},
  }
}

async function fileReader(path: string, header: PackHeader): Promise<PackReader> {
  const file = await open(path, 'r')
  return {
    header,
    async gather(rows, into) {
      checkGather(header, rows, into)
      const runs = runsOf(rows, header.rowBytes)
      await mapLanes(runs, READS_AT_ONCE, run => readRun(file, path, run, rows, header.rowBytes, into))
    },
    close: () => file.close(),
  }
}

/** Places in `rows` (from the caller's list) whose rows lie near each other in the file, in file order. */
type Run = readonly number[]

function runsOf(rows: Int32Array, rowBytes: number): Run[] {
  const places = Array.from(rows, (_, place) => place).sort((a, b) => rows[a]! - rows[b]!)
  const runs: number[][] = []
  for (const place of places) {
    const run = runs.at(-1)
    const near =
      run !== undefined &&
      (rows[place]! - rows[run.at(-1)!]! - 1) * rowBytes <= GAP_BYTES &&
      (rows[place]! - rows[run[0]!]! + 1) * rowBytes <= RUN_BYTES
    if (near) run.push(place)
    else runs.push([place])
  }
  return runs
}

async function readRun(
  file: FileHandle,
  path: string,
  run: Run,
  rows: Int32Array,
  rowBytes: number,
  into: Uint8Array,
): Promise<void> {
  const first = rows[run[0]!]!
  if (run.length === 1) {
    const target = into.subarray(run[0]! * rowBytes, (run[0]! + 1) * rowBytes)
    await readFully(file, path, target, first * rowBytes)
    return
  }
  const last = rows[run.at(-1)!]!
  const scratch = new Uint8Array((last - first + 1) * rowBytes)
  await readFully(file, path, scratch, first * rowBytes)
  for (const place of run) {
    const start = (rows[place]! - first) * rowBytes
    into.set(scratch.subarray(start, start + rowBytes), place * rowBytes)
  }
}

async function readFully(
  file: FileHandle,
  path: string,
  target: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0
  while (done < target.length) {
    const { bytesRead } = await file.read(target, done, target.length - done, position + done)
    if (bytesRead === 0)
      throw new DataError(`${path} was cut short while it was in use. Run again to pack anew.`)
    done += bytesRead
  }
}

function checkGather(header: PackHeader, rows: Int32Array, into: Uint8Array): void {
  if (into.length !== rows.length * header.rowBytes) {
    throw new RangeError(`gather: ${rows.length} rows of ${header.rowBytes} bytes into ${into.length} bytes`)
  }
  for (const row of rows) {
    if (row < 0 || row >= header.rows)
      throw new RangeError(`gather: row ${row} of a pack of ${header.rows} rows`)
  }
}
