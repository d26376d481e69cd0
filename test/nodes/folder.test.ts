import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { noisyJpeg, plainPng, sharedData, writeFiles } from '../data/helpers.ts'
import { failureOf, folderOf, runHere } from '../engine/run-kit.ts'
import { fileScratch, makePictures, toyDocument } from '../engine/toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')

type Document = ReturnType<typeof toyDocument>

/** A toy over another folder, trained for two steps. */
function graphOver(name: string, params: object, change: (doc: Document) => void = () => {}): string {
  const doc = toyDocument({
    train: { steps: 2 },
    batch: { size: 4, textLength: 16, fit: 'squash' },
    data: params as never,
  })
  delete doc.nodes.zero_shot
  change(doc)
  const file = join(scratch, `${name}.json`)
  writeFileSync(file, JSON.stringify(doc))
  return file
}

const completed = { type: 'result', outcome: 'completed' }

describe('bad rows', () => {
  const rows = (n: number) =>
    Array.from({ length: n }, (_, i) => ({ file_name: `good${i}.png`, text: `good number ${i}` }))
  const bad = [
    { file_name: 'gone.png', text: 'a caption for a file that is not there' },
    { file_name: 'empty.png', text: ' ' },
    { file_name: 'text.png', text: 'no picture' },
    { file_name: 'cut.jpg', text: 'cut short' },
  ]
  async function folderOfBad(name: string, more: readonly object[] = []): Promise<string> {
    const folder = join(scratch, name)
    const good = rows(8)
    const [first, ...rest] = good
    const lines = [first!, ...bad, ...more, ...rest].map(row => JSON.stringify(row)).join('\n')
    const files: Record<string, string | Uint8Array> = { 'metadata.jsonl': lines }
    for (const { file_name } of good)
      files[file_name] = await plainPng([9, 9, Number(/\d/.exec(file_name))], 16, 16)
    files['empty.png'] = await plainPng([1, 2, 3])
    files['text.png'] = 'hello'
    files['cut.jpg'] = (await noisyJpeg(1)).subarray(0, 1500)
    await writeFiles(folder, files)
    return folder
  }

  test('skip: each is named with its line and why, all are counted, also from the cache', async () => {
    const folder = await folderOfBad('bad')
    const graph = graphOver('bad', { path: folder })
    for (const state of ['done', 'cached']) {
      const ran = await runHere(graph, { cache })
      expect(ran.result).toMatchObject({ ...completed, reports: { retrieval: { metrics: { n: 8 } } } })
      expect(ran.states.data).toBe(state)
      const [told] = ran.events.filter(e => e.type === 'log' && e.node === 'data')
      expect(told).toMatchObject({ level: 'warning' })
      expect((told as { message: string }).message).toMatchInlineSnapshot(`
        "4 rows left out
          metadata.jsonl:2: there is no file "gone.png" in this folder.
          metadata.jsonl:3: "text" holds no text, so this picture (empty.png) has no caption.
          metadata.jsonl:4: "text.png": this picture can't be decoded: it is no JPEG, PNG, WebP, GIF or TIFF picture.
          metadata.jsonl:5: "cut.jpg": this picture can't be decoded: it is broken or was cut short."
      `)
      const kept = readFileSync(join(folderOf(ran), 'left-out.data.jsonl'), 'utf8')
        .trim()
        .split('\n')
      expect(kept.map(line => JSON.parse(line).where)).toEqual([2, 3, 4, 5].map(n => `metadata.jsonl:${n}`))
    }
  })

  test('many: the first are shown, all are in the run’s folder', async () => {
    const many = Array.from({ length: 30 }, (_, i) => ({ file_name: `lost${i}.png`, text: 'lost' }))
    const ran = await runHere(graphOver('many', { path: await folderOfBad('many', many) }), { cache })
    const file = join(folderOf(ran), 'left-out.data.jsonl')
    expect(ran.log).toContain('34 rows left out\n')
    expect(ran.log).toContain(`and 24 more, all in ${file}`)
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(34)
  })

  test('fail: the node stops the run, naming them', async () => {
    const ran = await runHere(graphOver('fail', { path: await folderOfBad('fail'), onBadRow: 'fail' }), {
      cache,
    })
    expect(ran.result).toMatchObject({ type: 'failed', node: 'data' })
    const message = failureOf(ran)
    expect(message).toContain(': 4 bad rows.')
    for (const where of [2, 3, 4, 5]) expect(message).toContain(`metadata.jsonl:${where}: `)
    expect(message).toContain('Correct these rows, or set onBadRow to "skip"')
  })
})

describe('captions from', () => {
  test('a CSV, sidecar texts and class folders: each trains', async () => {
    const kinds: Record<string, (i: number) => Record<string, string | Uint8Array>> = {
      csv: () => ({}),
      sidecar: i => ({ [`${i}.txt`]: `number ${i}` }),
      classes: () => ({}),
    }
    for (const kind of Object.keys(kinds)) {
      const files: Record<string, string | Uint8Array> = {}
      for (let i = 0; i < 8; i++) {
        const at = kind === 'classes' ? `${i % 2 ? 'cats' : 'dogs'}/${i}.png` : `${i}.png`
        files[at] = await plainPng([i * 20, 30, 200 - i], 16, 16)
        Object.assign(files, kinds[kind]!(i))
      }
      if (kind === 'csv')
        files['metadata.csv'] = ['file_name,text', ...rowsOf(8).map(i => `${i}.png,"number ${i}, red"`)].join(
          '\n',
        )
      await writeFiles(join(scratch, kind), files)
      const ran = await runHere(graphOver(kind, { path: kind }), { cache })
      expect(ran.result, kind).toMatchObject({ ...completed, reports: { retrieval: { metrics: { n: 8 } } } })
      expect(ran.log).toBe('')
    }
  })
})

const rowsOf = (n: number) => Array.from({ length: n }, (_, i) => i)

test('a relative path starts at the graph file, wherever the command was started', async () => {
  await makePictures(join(scratch, 'beside'))
  const ran = await runHere(graphOver('beside/graph', { path: 'pictures' }), { cache })
  expect(ran.result).toMatchObject(completed)
})

describe('a tokenizer file', () => {
  test('trains; one with more tokens than the node says is refused with the number to set', async () => {
    await makePictures(scratch)
    const learned = await runHere(graphOver('learn', { path: 'pictures' }), { cache })
    expect(learned.result).toMatchObject(completed)
    const { trainBpe } = await import('../../src/data/bpe.ts')
    const tokenizer = await trainBpe(['red', 'green', 'blue', 'number'], { vocabSize: 262, lowercase: true })
    writeFileSync(join(scratch, 'tokenizer.json'), JSON.stringify(tokenizer.toJSON()))
    const over = (vocabSize: number) =>
      graphOver(`file${vocabSize}`, { path: 'pictures' }, doc => {
        doc.nodes.tokenizer = {
          type: 'text.tokenizerFile',
          v: 1,
          params: { path: 'tokenizer.json', vocabSize },
        }
      })
    expect((await runHere(over(300), { cache })).result).toMatchObject(completed)
    const small = await runHere(over(100), { cache })
    expect(small.result).toMatchObject({ type: 'failed', node: 'tokenizer' })
    expect(failureOf(small)).toMatch(
      /^tokenizer\.json has \d+ tokens, more than vocabSize 100\. Set vocabSize to \d+\./,
    )
  })
})

describe('real folders', () => {
  const coco = sharedData('coco_open')
  test.skipIf(coco.missing)(
    `coco_open trains (${coco.missing ? `skipped: ${coco.missing}` : 'there'})`,
    async () => {
      const graph = graphOver('coco', { path: coco.path, metadata: 'images.jsonl', onBadRow: 'fail' })
      const ran = await runHere(graph, { cache })
      expect(ran.result).toMatchObject({ ...completed, reports: { retrieval: { metrics: { n: 51 } } } })
    },
  )

  const clothing = sharedData('clothing')
  test.skipIf(clothing.missing)(
    `clothing trains and classifies (${clothing.missing ? `skipped: ${clothing.missing}` : 'there'})`,
    async () => {
      const path = join(clothing.path, 'validation')
      const graph = graphOver('clothing', { path, onBadRow: 'fail' }, doc => {
        const wires = { pairs: 'logits.pairs', dataset: 'data.dataset', weights: 'train.weights' }
        doc.nodes.zero_shot = { type: 'evaluation.zeroShot', v: 1, params: { label: 'label' }, in: wires }
      })
      const ran = await runHere(graph, { cache })
      expect(ran.result).toMatchObject(completed)
      if (ran.result.type !== 'result') return
      const { metrics } = ran.result.reports.zero_shot!
      expect(metrics.classes).toBeGreaterThan(1)
      expect(metrics.chance).toBeCloseTo(1 / metrics.classes!, 12)
    },
  )
})
