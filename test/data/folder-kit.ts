import { expect } from 'vitest'
import { DataError } from '../../src/data/error.ts'
import { type FolderOptions, peekFolder, readFolder } from '../../src/data/folder.ts'
import type { Table } from '../../src/data/table.ts'
import { noisyJpeg, plainPng, temporaryFolder, writeFiles } from './helpers.ts'

export const png = await plainPng([1, 2, 3])
export const jpeg = await noisyJpeg(1)

export async function folderOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await temporaryFolder()
  await writeFiles(folder, files)
  return folder
}

export async function read(
  files: Record<string, string | Uint8Array>,
  options: Partial<FolderOptions> = {},
): Promise<Table> {
  const path = await folderOf(files)
  const table = await readFolder({ path, onBadRow: 'skip', ...options })
  const peeked = await peekFolder({ path, ...options })
  expect(peeked.fields).toEqual(table.schema.fields)
  return table
}

export async function refusal(work: Promise<unknown>, folder?: string): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(DataError)
  const text = error instanceof Error ? error.message : ''
  return folder === undefined ? text : text.replaceAll(folder, 'FOLDER')
}

export const report = (table: Table) => table.bad.map(({ where, problem }) => `${where}: ${problem}`)
export const jsonl = (...rows: unknown[]) =>
  rows.map(row => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n')
