import { join } from 'node:path'
import {
  PACK_VERSION,
  type PackContents,
  type PackDisk,
  type PackPlan,
  readPackHeader,
  writePack,
} from './array-file.ts'
import { type DecodeOptions, decodeImage, decoderVersion } from './decode.ts'
import { DataError, reason } from './error.ts'
import { compareText, hashOf, sha256 } from './hash.ts'
import { openPack, type PackReader, type ReaderOptions } from './pack-reader.ts'
import { decodeLanes, type JobOptions, mapLanes } from './parallel.ts'
import { PictureFiles, placeOf } from './read/picture.ts'
import { ScenePool } from './scenes/pool.ts'
import { sceneOf } from './scenes/reference.ts'
import type { BadRow, ImageRef, Table } from './table.ts'

/** Decoded pixels between two writes; bounds the memory of packing. */
const CHUNK_BYTES = 8 * 1024 * 1024

export interface PackOptions extends JobOptions, ReaderOptions {
  /** For tests: the calls that write. */
  readonly disk?: PackDisk
  /** Makes nothing: what is not there is a `PackAbsent`. */
  readonly presentOnly?: boolean
}

/** A pack would have to be made first. */
export class PackAbsent extends Error {
  override readonly name = 'PackAbsent'
}

/** The pictures of a table's column, decoded. */
export interface PackedImages {
  /** uint8[height, width, 3] a row; each distinct picture once. */
  readonly pack: PackReader
  /** For each row of the table the rows of its pictures in the pack, one after another; -1 for one that broke. */
  readonly index: Int32Array
  /** Those rows, by their ids. */
  readonly bad: readonly BadRow[]
}

/**
 * Decodes and resizes the pictures of a column, or of its clips' frames, into `<cacheDir>/packs/<key>.bin`, or opens what is there. The key is
 * the hash of the pictures' hashes, the options, the decoder's version and the format's: tables with the same pictures
 * in the same order share one pack, and a damaged pack is made again. Killed at any point, the next call starts over.
 *
 * A frame that several clips have is there once. A picture that can't be decoded gets no row: see `PackedImages.index`. A picture that is gone or has changed since
 * its table was read is a DataError.
 */
export async function packImages(
  table: Table,
  column: string,
  decode: DecodeOptions,
  cacheDir: string,
  options: PackOptions = {},
): Promise<PackedImages> {
  const clips = picturesOf(table, column)
  const refs = clips.flat()
  const unique = inFileOrder([...new Map(refs.map(ref => [ref.hash, ref])).values()])
  const { size, mode, background = 'white' } = decode
  const hashes = unique.map(ref => ref.hash)
  const key = hashOf(['images', PACK_VERSION, decoderVersion(), { size, mode, background }, hashes])
  const plan: PackPlan = {
    key,
    shape: [size, size, 3],
    dtype: 'u8',
    rowBytes: size * size * 3,
    maxRows: unique.length,
  }
  const pack = await makePack(
    plan,
    cacheDir,
    () => decodeAll(unique, decode, plan.rowBytes, options),
    options,
  )
  const broken = new Map(pack.header.notes)
  const packRow = new Map(hashes.filter(hash => !broken.has(hash)).map((hash, row) => [hash, row]))
  const index = Int32Array.from(refs, ref => packRow.get(ref.hash) ?? -1)
  const bad: BadRow[] = []
  for (const [row, pictures] of clips.entries()) {
    const ref = pictures.find(picture => broken.has(picture.hash))
    if (ref)
      bad.push({
        where: table.ids[row]!,
        problem: `${placeOf(ref)} can't be decoded: ${broken.get(ref.hash)}.`,
      })
  }
  return { pack, index, bad }
}

/**
 * Pictures inside larger files in the order they lie there, after all others: such a file is then read from its
 * start to its end, however the table is shuffled.
 */
function inFileOrder(refs: readonly ImageRef[]): ImageRef[] {
  const inside = refs.filter(ref => ref.part)
  const placeIn = ({ part }: ImageRef) => (part && 'column' in part ? part.row : part!.offset)
  inside.sort((a, b) => compareText(a.path, b.path) || placeIn(a) - placeIn(b))
  return [...refs.filter(ref => !ref.part), ...inside]
}

/** Opens the pack of a plan where it is whole, else makes it. */
export async function makePack(
  plan: PackPlan,
  cacheDir: string,
  contents: () => PackContents,
  options: PackOptions,
): Promise<PackReader> {
  const stem = join(cacheDir, 'packs', plan.key)
  const held = await readPackHeader(stem, plan.key)
  const opened = held && (await openPack(`${stem}.bin`, held, options))
  if (opened) return opened
  if (options.presentOnly) throw new PackAbsent(`there is no pack ${plan.key}`)
  const made = await writePack(stem, plan, contents(), options.disk)
  const pack = await openPack(`${stem}.bin`, made, options)
  if (pack) return pack
  throw new DataError(`${stem}.bin does not read back as it was written. Check the disk.`)
}

/** The pictures of each row. */
function picturesOf(table: Table, name: string): readonly (readonly ImageRef[])[] {
  const column = table.columns[name]
  if (column?.kind === 'image') return column.values.map(ref => [ref])
  if (column?.kind === 'frames') return column.values
  const images = Object.keys(table.columns).filter(other =>
    ['image', 'frames'].includes(table.columns[other]!.kind),
  )
  const found = column
    ? `Column "${name}" holds ${column.kind} values, not images`
    : `There is no column "${name}"`
  throw new DataError(`${found}; image columns here: ${images.join(', ') || 'none'}.`)
}

function decodeAll(
  refs: readonly ImageRef[],
  decode: DecodeOptions,
  rowBytes: number,
  options: JobOptions,
): PackContents {
  const notes: [string, string][] = []
  const scenes = refs.map(sceneOf)
  async function* chunks() {
    const perChunk = Math.max(1, Math.floor(CHUNK_BYTES / rowBytes))
    const files = new PictureFiles()
    const pool = scenes.some(scene => scene) ? new ScenePool() : undefined
    let done = 0
    const advance = (count: number) => {
      done += count
      options.progress?.({ done, total: refs.length })
    }
    try {
      for (let start = 0; start < refs.length; start += perChunk) {
        const part = refs.slice(start, start + perChunk)
        const drawn = scenes.slice(start, start + perChunk).filter(scene => scene !== undefined)
        options.signal?.throwIfAborted()
        const pictures = drawn.length > 0 ? await pool!.render(drawn, decode.size, advance) : []
        const rows = await mapLanes(
          part,
          decodeLanes,
          async (ref, at) => {
            if (scenes[start + at]) return undefined
            const row = await decodeRow(ref, files, decode)
            advance(1)
            return row
          },
          options.signal,
        )
        const pixels = rows.map(row => row ?? pictures.shift()!)
        for (const [at, row] of pixels.entries())
          if (typeof row === 'string') notes.push([part[at]!.hash, row])
        yield Buffer.concat(pixels.filter(row => typeof row !== 'string'))
      }
    } finally {
      await files.close()
      await pool?.close()
    }
  }
  return { chunks: chunks(), notes: () => notes }
}

/** The pixels, or why there are none. */
async function decodeRow(
  ref: ImageRef,
  files: PictureFiles,
  decode: DecodeOptions,
): Promise<Uint8Array | string> {
  let bytes: Uint8Array
  try {
    bytes = await files.read(ref)
  } catch (error) {
    throw new DataError(`${placeOf(ref)} was there when the dataset was read, but not now: ${reason(error)}.`)
  }
  if (sha256(bytes) !== ref.hash) {
    throw new DataError(`${placeOf(ref)} has changed since the dataset was read. Read the dataset again.`)
  }
  try {
    return await decodeImage(bytes, decode)
  } catch (error) {
    return reason(error)
  }
}
