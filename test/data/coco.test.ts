import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cocoSource } from '../../src/data/read/coco.ts'
import { peekSource, readSource } from '../../src/data/read/collect.ts'
import { firstTexts, plainPng, temporaryFolder, textsOf, writeFiles } from './helpers.ts'

const red = await plainPng([255, 0, 0])

const images = [
  { id: 9, file_name: 'a.png', width: 8, height: 8, license: 1 },
  { id: 4, file_name: 'b.png', width: 8, height: 8, license: 1 },
]
const captions = {
  info: { description: 'A tiny COCO', contributor: 'Someone' },
  licenses: [{ id: 1, name: 'CC BY 2.0' }],
  images,
  annotations: [
    { image_id: 9, id: 1, caption: 'A red square.' },
    { image_id: 4, id: 2, caption: 'Red.' },
    { image_id: 9, id: 3, caption: ' A square ' },
  ],
}
const instances = {
  images,
  categories: [{ id: 18, name: 'dog' }],
  annotations: [
    { image_id: 9, id: 1, category_id: 18, bbox: [1, 2, 3.5, 4], iscrowd: 0 },
    { image_id: 9, id: 2, category_id: 18, bbox: [0, 0, 8, 8], iscrowd: 1 },
  ],
}

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder()
  await writeFiles(folder, { 'pictures/a.png': red, 'pictures/b.png': red, ...files })
  return folder
}

const json = JSON.stringify

test('captions are variants of their picture, objects JSON; who made it is kept', async () => {
  const folder = await folderOf({ 'captions.json': json(captions), 'instances.json': json(instances) })
  const options = {
    path: join(folder, 'captions.json'),
    more: join(folder, 'instances.json'),
    images: join(folder, 'pictures'),
  }
  const { source, attribution } = await cocoSource(options)
  const table = await readSource(source, { kinds: {}, onBadRow: 'fail', attribution: attribution! })
  expect(table.ids).toEqual(['9', '4'])
  expect(textsOf(table, 'caption')).toEqual([['A red square.', 'A square'], ['Red.']])
  expect(JSON.parse(firstTexts(table, 'objects')[0]!)).toEqual([
    { label: 'dog', box: [1, 2, 3.5, 4] },
    { label: 'dog', box: [0, 0, 8, 8], crowd: true },
  ])
  expect(table.schema).toMatchObject({
    fields: { image: { kind: 'image' }, width: { kind: 'int' }, height: { kind: 'int' } },
    attribution: [{ name: 'A tiny COCO', licence: 'CC BY 2.0', by: 'Someone' }],
  })
  expect(await peekSource(source, {}, attribution)).toEqual(table.schema)
})

test('every bad image, annotation and category is named', async () => {
  const bad = {
    ...captions,
    images: [
      ...images,
      { id: 9, file_name: 'b.png' },
      { id: 5, file_name: '../captions.json.png' },
      { id: 6, file_name: 'lost.png' },
      { id: 'x', file_name: 'a.png' },
      { id: 7, file_name: 'a.png' },
    ],
    annotations: [
      ...captions.annotations,
      { image_id: 77, caption: 'of nothing' },
      { image_id: 4, caption: ' ' },
      { image_id: 5, caption: 'x' },
      { image_id: 6, caption: 'x' },
      { image_id: 4, category_id: 3, bbox: [0, 0, 1, 1] },
      { image_id: 4, category_id: 18, bbox: [0, 0, 1] },
      null,
    ],
    categories: [{ id: 18, name: 'dog' }, { id: 19 }],
  }
  const folder = await folderOf({ 'captions.json': json(bad).replace('[0,0,1,1]', '[0,0,1e999,1]') })
  const { source } = await cocoSource({
    path: join(folder, 'captions.json'),
    images: join(folder, 'pictures'),
  })
  const table = await readSource(source, { kinds: {}, onBadRow: 'skip' })
  expect(table.ids).toEqual(['9', '4'])
  expect(table.bad.map(b => `${b.where}: ${b.problem.replace(/ in \/.*/, ' in …')}`)).toMatchInlineSnapshot(`
    [
      "captions.json: category 2: "name": Invalid input: expected string, received undefined.",
      "captions.json: image 3: another picture, captions.json: image 1, has the id 9 too.",
      "captions.json: image 6: "id": Invalid input: expected number, received string.",
      "captions.json: annotation 4: it is about picture 77, which is not among the images.",
      "captions.json: annotation 5: its caption is empty (picture 4).",
      "captions.json: annotation 8: "bbox.2": Invalid input: expected number, received Infinity.",
      "captions.json: annotation 9: "bbox": Too small: expected array to have >=4 items.",
      "captions.json: annotation 10: Invalid input: expected object, received null.",
      "captions.json: image 4: "../captions.json.png" leads outside its folder, and is not read.",
      "captions.json: image 5: there is no file "lost.png" in …",
      "captions.json: image 7: "caption" is missing or empty.",
    ]
  `)
})

test('files that are no COCO file', async () => {
  const files: [string, RegExp][] = [
    ['', /can't be read as JSON/],
    [json(captions).slice(0, 100), /can't be read as JSON/],
    ['{}', /is no COCO file: "images"/],
    ['[]', /is no COCO file/],
  ]
  for (const [text, problem] of files) {
    const folder = await folderOf({ 'a.json': text })
    await expect(cocoSource({ path: join(folder, 'a.json') })).rejects.toThrow(problem)
  }
  await expect(cocoSource({ path: '/nowhere/a.json' })).rejects.toThrow('There is no file /nowhere/a.json.')
})
