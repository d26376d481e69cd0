import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { folderOf, type RunHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, type ToyDocument, toyDocument, writeToy } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const steps = { train: { steps: 4, checkpointEvery: 0 } }
let graph = ''
let losses: readonly (readonly [number, number])[] = []

/** Runs the toy after a change of its document. */
async function ranAfter(change: (doc: ToyDocument) => unknown, options: Partial<RunHere> = {}) {
  const doc = toyDocument(steps)
  change(doc)
  const file = join(scratch, 'changed.json')
  writeFileSync(file, JSON.stringify(doc))
  const ran = await runHere(file, { cache, ...options })
  expect(ran.result).toMatchObject({ type: 'result', outcome: 'completed' })
  return ran
}

const set = (doc: ToyDocument, node: string, params: object) => {
  doc.nodes[node] = { ...doc.nodes[node]!, params: { ...doc.nodes[node]!.params, ...params } }
}

beforeAll(async () => {
  await makePictures(scratch)
  graph = writeToy(scratch, steps)
  const first = await runHere(graph, { cache })
  expect(first.states).toMatchObject({ train: 'done', retrieval: 'done', zero_shot: 'done' })
  losses = first.losses
  expect(losses).toHaveLength(4)
})

test('a second run takes data, weights, metrics and reports from the cache', async () => {
  const first = await runHere(graph, { cache })
  expect(first.states).toMatchObject({
    data: 'cached',
    tokenizer: 'cached',
    train: 'cached',
    retrieval: 'cached',
    zero_shot: 'cached',
  })
  expect(first.losses).toEqual([])
  const lines = readFileSync(join(folderOf(first), 'metrics.train.jsonl'), 'utf8')
    .trim()
    .split('\n')
  expect(lines.map(line => JSON.parse(line)['train/loss'])).toEqual(losses.map(([, loss]) => loss))
  expect(readdirSync(join(folderOf(first), 'reports')).sort()).toEqual(['retrieval.json', 'zero_shot.json'])
})

test('--fresh trains and evaluates again, to the same numbers', async () => {
  const cached = await runHere(graph, { cache })
  const fresh = await runHere(graph, { cache, fresh: true })
  expect(fresh.states).toMatchObject({ train: 'done', retrieval: 'done', zero_shot: 'done', data: 'cached' })
  expect(fresh.losses).toEqual(losses)
  const reports = (r: typeof fresh) => (r.result.type === 'result' ? r.result.reports : undefined)
  expect(reports(fresh)).toEqual(reports(cached))
})

describe('what does not change a result never trains again', () => {
  test.each<[string, (doc: ToyDocument) => unknown]>([
    ['the title', doc => Object.assign(doc.meta, { title: 'Another' })],
    ['the place of a node', doc => Object.assign(doc.view, { train: [1, 2] })],
    ['a note', doc => Object.assign(doc.nodes, { words: { type: 'note', v: 1, params: { text: 'Hello' } } })],
    ['checkpointEvery', doc => set(doc, 'train', { checkpointEvery: 2 })],
    ['the seed, where the Train has its own', doc => set(doc, 'train', { seed: 7 })],
    [
      'the order of keys',
      doc => Object.assign(doc, { nodes: Object.fromEntries(Object.entries(doc.nodes).reverse()) }),
    ],
  ])('%s', async (_, change) => {
    const { states } = await ranAfter(change)
    expect(states).toMatchObject({ train: 'cached', retrieval: 'cached', zero_shot: 'cached' })
  })

  test('an evaluator’s parameters, which only that one evaluates again', async () => {
    const { states } = await ranAfter(doc => set(doc, 'zero_shot', { templates: ['in {}'] }))
    expect(states).toMatchObject({ train: 'cached', retrieval: 'cached', zero_shot: 'done' })
  })
})

describe('what changes a result trains again', () => {
  test.each<[string, (doc: ToyDocument) => unknown]>([
    ['the seed of the graph', doc => Object.assign(doc.meta, { seed: 8 })],
    ['the steps', doc => set(doc, 'train', { steps: 3 })],
    ['a width', doc => set(doc, 'vision', { mlpRatio: 2 })],
    ['a learning rate', doc => set(doc, 'schedule', { rate: 0.002 })],
    ['augmentation', doc => set(doc, 'batch', { brightness: 0 })],
    ['the length of texts', doc => set(doc, 'batch', { textLength: 10 })],
    ['the tokenizer', doc => set(doc, 'tokenizer', { vocabSize: 280 })],
    // The step's program is the same for both: only where its weights start differs.
    ['an initial value', doc => set(doc, 'logits', { initialScale: 5 })],
  ])('%s', async (_, change) => {
    const { states, losses: now } = await ranAfter(change)
    expect(states).toMatchObject({ train: 'done', retrieval: 'done', zero_shot: 'done' })
    expect(now.length).toBeGreaterThan(2)
  })

  test('a changed picture, a changed caption, and not a touched file', async () => {
    const folder = join(scratch, 'moved')
    cpSync(join(scratch, 'pictures'), join(folder, 'pictures'), { recursive: true })
    const file = writeToy(folder, steps)
    const moved = await runHere(file, { cache })
    // The files are others, and so are read again; what is in them is the same.
    expect(moved.states).toMatchObject({ data: 'done', train: 'cached', retrieval: 'cached' })
    const line = JSON.stringify({ file_name: '0.png', text: 'one more', label: 'red' })
    appendFileSync(join(folder, 'pictures', 'metadata.jsonl'), `${line}\n`)
    expect((await runHere(file, { cache })).states).toMatchObject({ data: 'done', train: 'done' })
    cpSync(join(folder, 'pictures', '1.png'), join(folder, 'pictures', '3.png'))
    expect((await runHere(file, { cache })).states).toMatchObject({ data: 'done', train: 'done' })
  })
})

test('host nodes and evaluators are cached under the hash of their code and their services’', async () => {
  const changed = (file: string) => (asked: string) => (asked === file ? 'other code' : 'code')
  const run = async (file: string) => (await runHere(graph, { cache, codeHash: changed(file) })).states
  expect(await run('src/nodes/text/bpe.ts')).toMatchObject({
    data: 'cached',
    tokenizer: 'done',
    train: 'cached',
  })
  expect(await run('src/engine/services/folder.ts')).toMatchObject({ data: 'done', tokenizer: 'cached' })
  expect(await run('src/nodes/evaluation/retrieval.ts')).toMatchObject({
    retrieval: 'done',
    zero_shot: 'cached',
  })
})

test('a damaged cache is made again, never believed', async () => {
  const own = join(scratch, 'damaged')
  cpSync(cache, own, { recursive: true })
  for (const folder of ['train', 'nodes', 'reports', 'packs'])
    for (const name of readdirSync(join(own, folder), { recursive: true }) as string[]) {
      const path = join(own, folder, name)
      if (/\.(safetensors|table|json|bin)$/.test(name)) {
        const bytes = readFileSync(path)
        writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length / 2)))
      }
    }
  const ran = await runHere(graph, { cache: own })
  expect(ran.states).toMatchObject({ data: 'done', tokenizer: 'done', train: 'done', retrieval: 'done' })
  expect(ran.losses).toEqual(losses)
})

test('a cache that can’t be written is a warning, and the run has its result', async () => {
  const own = join(scratch, 'blocked')
  cpSync(cache, own, { recursive: true })
  for (const folder of ['train', 'reports', 'nodes']) {
    rmSync(join(own, folder), { recursive: true })
    writeFileSync(join(own, folder), 'a file where the folder should be')
  }
  const ran = await runHere(graph, { cache: own })
  expect(ran.result).toMatchObject({ type: 'result', outcome: 'completed' })
  expect(ran.losses).toEqual(losses)
  const warned = ran.events.flatMap(e =>
    e.type === 'log' && e.message.includes('not be kept') ? [e.node] : [],
  )
  expect(warned.sort()).toEqual(['data', 'retrieval', 'tokenizer', 'train', 'zero_shot'])
  expect(existsSync(join(folderOf(ran), 'checkpoints', 'train', 'step-4', 'state.json'))).toBe(true)
})
