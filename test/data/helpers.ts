import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import sharp from 'sharp'
import { onTestFinished } from 'vitest'
import { buildTable } from '../../src/data/build.ts'
import { sha256 } from '../../src/data/hash.ts'
import type { Table } from '../../src/data/table.ts'

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'diptych-data-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Writes files under a folder, making the folders between. */
export async function writeFiles(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, data] of Object.entries(files)) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, data)
  }
}

export type Rgb = readonly [number, number, number]

/** A picture of one colour. */
export function plainPng(colour: Rgb, width = 8, height = 8): Promise<Buffer> {
  const [r, g, b] = colour
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer()
}

/** A noisy JPEG: large enough that a cut through its middle loses pixels. */
export function noisyJpeg(seed: number, side = 64): Promise<Buffer> {
  const pixels = new Uint8Array(side * side * 3)
  let state = seed * 2654435761 + 1
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    pixels[i] = state >>> 24
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer()
}

/** Writes pictures and makes the table of them that a reader would. */
export async function pictureTable(folder: string, pictures: Record<string, Uint8Array>): Promise<Table> {
  await writeFiles(folder, pictures)
  const names = Object.keys(pictures)
  return buildTable({
    fields: { image: { kind: 'image' } },
    columns: {
      image: {
        kind: 'image',
        values: names.map(name => ({ path: join(folder, name), hash: sha256(pictures[name]!) })),
      },
    },
    ids: names,
  })
}

/** The texts of a column; fails the test where it holds something else. */
export function textsOf(table: Table, name: string): readonly (readonly string[])[] {
  const column = table.columns[name]
  if (column?.kind !== 'text') throw new Error(`${name} is no text column`)
  return column.values
}

export function firstTexts(table: Table, name: string): string[] {
  return textsOf(table, name).map(texts => texts[0]!)
}

/** The class names of a column, `undefined` where a row has none. */
export function classesOf(table: Table, name: string): (string | undefined)[] {
  const column = table.columns[name]
  const field = table.schema.fields[name]
  if (column?.kind !== 'category' || field?.kind !== 'category') throw new Error(`${name} is no category`)
  return column.values.map(at => field.classes[at])
}

const sharedRoot = process.env.DIPTYCH_SHARED_DATA ?? resolve(import.meta.dirname, '../../../shared/data')

/** The path of a shared data set, or a reason to skip. */
export function sharedData(name: string): { path: string; missing: string | undefined } {
  const path = join(sharedRoot, name)
  return { path, missing: existsSync(path) ? undefined : `${name} is not in the shared data folder` }
}
