import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { type Params, toyDocument } from './toy-document.ts'

export { makePictures, ROWS, type ToyDocument, toyDocument } from './toy-document.ts'

/** A folder that lasts as long as the test file. */
export function fileScratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'diptych-engine-'))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Writes the toy's graph file, with its pictures beside it unless they are there. */
export function writeToy(
  folder: string,
  params: Readonly<Record<string, Params>> = {},
  name = 'toy.json',
): string {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(toyDocument(params), null, 2))
  return file
}
