import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ReadOptions, readSource } from '../../src/data/read/collect.ts'
import { type RecordsOptions, recordsSource } from '../../src/data/read/records.ts'
import { classesOf, firstTexts, plainPng, temporaryFolder, writeFiles } from './helpers.ts'

const skip: ReadOptions = { kinds: {}, onBadRow: 'skip' }
const red = await plainPng([255, 0, 0])

async function read(files: Readonly<Record<string, string>>, options: RecordsOptions) {
  const folder = await temporaryFolder()
  await writeFiles(folder, { ...files, 'val2017/a.png': red, 'val2017/b.png': red })
  const { path, images = '.', ...rest } = options
  return readSource(recordsSource({ path: join(folder, path), images: join(folder, images), ...rest }), skip)
}

const choice = (filename: string, caption: string) => ({
  filename,
  caption,
  negative_caption: `no ${caption}`,
})
const swap = { 0: choice('a.png', 'one'), 1: choice('b.png', 'two') }
const add = { 0: choice('a.png', 'three'), 7: choice('lost.png', 'four') }
const files = { 'swap_att.json': JSON.stringify(swap, null, 4), 'add_att.json': JSON.stringify(add) }

test('an object of objects, as SugarCrepe publishes its subsets', async () => {
  const table = await read(files, { path: 'swap_att.json', images: 'val2017' })
  expect(table.ids).toEqual(['0', '1'])
  expect(Object.entries(table.schema.fields).map(([name, f]) => `${name} ${f.kind}`)).toEqual([
    'filename image',
    'caption text',
    'negative_caption text',
  ])
})

test('braces read several files as one table, and a column says which', async () => {
  const table = await read(files, { path: '{swap,add}_att.json', images: 'val2017', file: 'kind' })
  expect(table.ids).toEqual(['swap_att/0', 'swap_att/1', 'add_att/0'])
  expect(classesOf(table, 'kind')).toEqual(['swap_att', 'swap_att', 'add_att'])
  expect(table.bad).toHaveLength(1)
  expect(table.bad[0]!.where).toBe('add_att.json: "7"')
  expect(table.bad[0]!.problem).toMatch(/^there is no file "lost.png" in /)
})

test('what is missing is named before any is read, with where to get it', async () => {
  const message = (options: Partial<RecordsOptions>) =>
    read(files, { path: 'swap_att.json', file: 'kind', origin: 'the net.', ...options }).then(
      () => '',
      (error: Error) => error.message.replaceAll(/\/\S*\//g, '…/').replace(/…\/diptych-data-\w+/, '…'),
    )
  expect(await message({ path: '{swap_att,swap_obj}.json' })).toBe(
    'There is no file …/swap_obj.json. Where to get them: the net.',
  )
  expect(await message({ path: '{swap,add}_obj.json', images: 'val2014' })).toBe(
    'There is no swap_obj.json, add_obj.json in …, and no folder …/val2014 of pictures. Where to get them: the net.',
  )
  expect(await message({ images: 'val2014' })).toBe(
    'There is no folder …/val2014 of pictures. Where to get them: the net.',
  )
  expect(await message({ origin: undefined, path: 'x.json' })).toBe('There is no file …/x.json.')
  await expect(read({ 'a.json': '[]', 'b.csv': 'x\n1' }, { path: '{a.json,b.csv}' })).rejects.toThrow(
    "{a.json,b.csv}: .json, .csv files can't be read as one table.",
  )
})

test('a column of file names never hides one of the file', async () => {
  await expect(read(files, { path: 'swap_att.json', file: 'caption' })).rejects.toThrow(
    'swap_att.json: "0" has a column "caption" already. Give the column of the files\' names another name.',
  )
})

test('an object a line in a file called .json, as NLVR publishes its statements', async () => {
  const row = (identifier: string, sentence: string) =>
    JSON.stringify({ sentence, evals: { r1: 'true' }, identifier, directory: 'val2017', label: 'true' })
  const text = `${row('a', 'There is a box.')}\n${row('b', 'There is no box.')}\nnothing\n`
  const table = await read(
    { 'dev.json': text },
    { path: 'dev.json', pictures: ['{directory}/{identifier}.png'] },
  )
  expect(table.ids).toEqual(['a', 'b'])
  expect(firstTexts(table, 'sentence')).toEqual(['There is a box.', 'There is no box.'])
  expect(table.schema.fields.image).toEqual({ kind: 'image' })
  expect(table.bad).toEqual([{ where: 'dev.json:3', problem: expect.stringMatching(/not JSON/) }])
})

test('rows of an object that are none are named, and an object of values is refused', async () => {
  const table = await read({ 'a.json': '{"x": {"caption": "one"}, "y": 3}' }, { path: 'a.json' })
  expect(table.bad).toEqual([{ where: 'a.json: "y"', problem: expect.stringMatching(/no object/) }])
  await expect(read({ 'a.json': '{"caption": "one"}' }, { path: 'a.json' })).rejects.toThrow(
    'a.json holds no list of objects, [{"image": …, "text": …}], and no object of them, {"0": {"image": …}}.',
  )
})
