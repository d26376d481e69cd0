import { readdirSync, readFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { GraphCommand } from '../../src/graph/commands.ts'
import { Journal } from '../../src/host/journal.ts'
import { eventually, makeFolder } from './kit.ts'

const moved = (x: number): GraphCommand => ({ type: 'moveNodes', to: { a: [x, 0] } })

/** What every open file is made of. */
let handles: FileHandle

beforeAll(async () => {
  const handle = await open(fileURLToPath(import.meta.url))
  handles = Object.getPrototypeOf(handle)
  await handle.close()
})
afterEach(() => vi.restoreAllMocks())

const linesOf = (folder: string): readonly unknown[] => {
  const [name] = readdirSync(folder)
  const text = name === undefined ? '' : readFileSync(join(folder, name), 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .slice(1)
    .map(line => JSON.parse(line))
}

test('an edit is in the file at once, however long the disk takes to keep the ones before it', async () => {
  const folder = makeFolder()
  const journal = new Journal(folder, 'file-a', 'one', 'v1')
  let kept = () => {}
  const sync = vi.spyOn(handles, 'sync').mockImplementation(
    () =>
      new Promise(resolve => {
        kept = resolve
      }),
  )
  await journal.append(moved(1))
  expect(linesOf(folder)).toEqual([moved(1)])
  await eventually(() => sync.mock.calls.length > 0)
  await journal.append(moved(2))
  expect(linesOf(folder)).toEqual([moved(1), moved(2)])
  kept()
  sync.mockRestore()
  await journal.abandon()
})

test('an edit that a full disk took half of hides none of those after it', async () => {
  const folder = makeFolder()
  const journal = new Journal(folder, 'file-a', 'one', 'v1')
  await journal.append(moved(1))
  const append = vi.spyOn(handles, 'appendFile').mockImplementationOnce(async function (
    this: FileHandle,
    text,
  ) {
    await this.write(String(text).slice(0, 9))
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  })
  await expect(journal.append(moved(2))).rejects.toThrow('ENOSPC')
  append.mockRestore()
  await journal.append(moved(3))
  await journal.abandon()
  const next = new Journal(folder, 'file-a', 'two', 'v1')
  expect(await next.recover()).toEqual([moved(1), moved(3)])
  await next.discard()
  expect(readdirSync(folder)).toEqual([])
})

test('what could not be begun leaves nothing behind', async () => {
  const folder = makeFolder()
  const journal = new Journal(folder, 'file-a', 'one', 'v1')
  vi.spyOn(handles, 'appendFile').mockRejectedValueOnce(new Error('ENOSPC'))
  await expect(journal.append(moved(1))).rejects.toThrow('ENOSPC')
  await journal.abandon()
  expect(readdirSync(folder)).toEqual([])
})
