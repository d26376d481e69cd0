import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CodeHash } from '../../src/engine/code-hash.ts'
import { Engine } from '../../src/engine/engine.ts'
import { registry } from '../../src/nodes/index.ts'
import type { PlannedNode } from '../../src/protocol/messages.ts'
import { type RanHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, type ToyDocument, toyDocument } from './toy.ts'

const scratch = fileScratch()

interface Planning {
  readonly cache: string
  readonly fresh?: boolean
  readonly codeHash?: CodeHash
}

async function planHere(file: string, { cache, fresh = false, codeHash = () => 'code' }: Planning) {
  const engine = new Engine({ registry, cacheDir: cache, codeHash, send: () => undefined })
  const result = await engine.handle({
    id: 1,
    type: 'plan',
    graph: { text: readFileSync(file, 'utf8'), file, overrides: [] },
    options: { engine: 'reference', fresh },
  })
  if (result.type !== 'planned') throw new Error(`no plan: ${JSON.stringify(result)}`)
  return result.nodes
}

/** What a run did with each node that takes time, in order, as a plan says it. */
function done(
  { events }: RanHere,
  plan: readonly PlannedNode[],
): Pick<PlannedNode, 'node' | 'does' | 'why'>[] {
  const settings = new Set(plan.filter(p => p.does === 'anew').map(p => p.node))
  return events.flatMap(e =>
    e.type !== 'node' || e.state === 'done' || settings.has(e.node)
      ? []
      : [e.state === 'cached' ? { node: e.node, does: e.state } : { node: e.node, does: 'runs', why: e.why }],
  )
}

/** What a reason names. */
const partsOf = (why: string): Set<string> => new Set(why.replace(/ changed$/, '').split(/, | and /))

/** Plans a document, runs it and holds one against the other; resolves to the plan. */
async function heldAgainstRun(doc: ToyDocument, name: string, options: Planning) {
  const file = join(scratch, `${name}.json`)
  writeFileSync(file, JSON.stringify(doc))
  const before = treeOf(options.cache)
  const plan = await planHere(file, options)
  expect(treeOf(options.cache)).toEqual(before)
  const ran = await runHere(file, options)
  expect(ran.result).toMatchObject({ type: 'result', outcome: 'completed' })
  const told = plan.filter(p => p.does === 'cached' || p.does === 'runs')
  // Where something is made or packed first, the plan can't tell all that will have changed; what is sure is there.
  const known = done(ran, plan).map((d, i) => {
    const { unless, why } = told[i] ?? {}
    const names = why && d.why && (unless || [...partsOf(why)].every(part => partsOf(d.why!).has(part)))
    return { ...d, ...(names && { why }), ...(unless && { unless }) }
  })
  expect(told).toEqual(known)
  return plan
}

const treeOf = (folder: string): string[] => {
  try {
    return (readdirSync(folder, { recursive: true }) as string[]).sort()
  } catch {
    return []
  }
}

const set = (node: string, params: object) => (doc: ToyDocument) => {
  doc.nodes[node] = { ...doc.nodes[node]!, params: { ...doc.nodes[node]!.params, ...params } }
}

const toy = (): ToyDocument => toyDocument({ train: { steps: 2, checkpointEvery: 0 } })

beforeAll(() => makePictures(scratch))

describe('the plan is what then runs, and planning leaves nothing behind', () => {
  const cache = join(scratch, 'cache')
  const edits: readonly (readonly [string, (doc: ToyDocument) => unknown])[] = [
    ['nothing, at first', () => {}],
    ['nothing again', () => {}],
    ['a title and a place', doc => Object.assign(doc.meta, { title: 'Another' })],
    ['the seed of the graph', doc => Object.assign(doc.meta, { seed: 8 })],
    ['the steps', set('train', { steps: 3 })],
    ['a width of the encoder', set('vision', { mlpRatio: 2 })],
    ['a learning rate', set('schedule', { rate: 0.002 })],
    ['the length of texts', set('batch', { textLength: 10 })],
    ['the size of pictures', set('batch', { imageSize: 24 })],
    ['the tokenizer', set('tokenizer', { vocabSize: 280 })],
    ['an initial value', set('logits', { initialScale: 5 })],
    ['an evaluator', set('zero_shot', { templates: ['in {}'] })],
    [
      'a moving average, measured',
      doc => {
        set('train', { ema: 0.9 })(doc)
        doc.nodes.retrieval = {
          ...doc.nodes.retrieval!,
          in: { ...doc.nodes.retrieval!.in, weights: 'train.ema' },
        }
      },
    ],
    [
      'a second stage that starts from the first',
      doc => {
        doc.nodes.tuning = {
          ...doc.nodes.train!,
          params: { steps: 1, checkpointEvery: 0 },
          in: { ...doc.nodes.train!.in, weights: 'train.weights' },
        }
        doc.nodes.retrieval = {
          ...doc.nodes.retrieval!,
          in: { ...doc.nodes.retrieval!.in, weights: 'tuning.weights' },
        }
      },
    ],
    [
      'a table that nobody reads',
      doc => {
        doc.nodes.spare = { type: 'data.shuffle', v: 1, in: { dataset: 'data.dataset' } }
      },
    ],
    [
      'a table between the files and the rest',
      doc => {
        doc.nodes.some = {
          type: 'data.sample',
          v: 1,
          params: { rows: 16 },
          in: { dataset: 'data.dataset' },
        }
        for (const id of ['batch', 'tokenizer'])
          doc.nodes[id] = { ...doc.nodes[id]!, in: { ...doc.nodes[id]!.in, dataset: 'some.dataset' } }
      },
    ],
    ['all as it was', () => {}],
  ]
  test.each(edits)('%s', async (_, change) => {
    const doc = toy()
    change(doc)
    await heldAgainstRun(doc, 'edited', { cache })
  })

  test('to be run afresh', async () => {
    const plan = await heldAgainstRun(toy(), 'edited', { cache, fresh: true })
    expect(plan).toContainEqual({ node: 'train', does: 'runs', why: 'asked to run again' })
    expect(plan).toContainEqual({ node: 'data', does: 'cached' })
  })

  test('other code of a node', async () => {
    const codeHash: CodeHash = file => (file === 'src/nodes/evaluation/retrieval.ts' ? 'other' : 'code')
    const plan = await heldAgainstRun(toy(), 'edited', { cache, codeHash })
    expect(plan).toContainEqual({ node: 'retrieval', does: 'runs', why: 'its code changed' })
  })
})

test('says what is settings, and what nobody reads', async () => {
  const doc = toy()
  doc.nodes.spare = { type: 'data.shuffle', v: 1, in: { dataset: 'data.dataset' } }
  const file = join(scratch, 'spare.json')
  writeFileSync(file, JSON.stringify(doc))
  const plan = await planHere(file, { cache: join(scratch, 'empty') })
  expect(
    plan.map(p => `${p.node} ${p.does}${p.unless ? `, unless ${p.unless}` : ''}`),
  ).toMatchInlineSnapshot(`
    [
      "schedule anew",
      "adamw anew",
      "data runs",
      "tokenizer runs, unless data",
      "train runs",
      "retrieval runs, unless data,tokenizer,train",
      "spare nothing",
      "zero_shot runs, unless data,tokenizer,train",
    ]
  `)
})

describe('what is gone from the cache', () => {
  const whole = join(scratch, 'whole')
  beforeAll(async () => {
    writeFileSync(join(scratch, 'gone.json'), JSON.stringify(toy()))
    await runHere(join(scratch, 'gone.json'), { cache: whole })
  })
  test.each([['nodes'], ['packs'], ['train'], ['reports']])('%s', async folder => {
    const cache = join(scratch, `without-${folder}`)
    cpSync(whole, cache, { recursive: true })
    rmSync(join(cache, folder), { recursive: true })
    await heldAgainstRun(toy(), 'gone', { cache })
  })
})

test('where a dataset that is made anew may be what it was, the plan says so, and then it is', async () => {
  const cache = join(scratch, 'doubt')
  const file = join(scratch, 'doubt.json')
  const doc = toy()
  doc.nodes.some = { type: 'data.filter', v: 1, params: { where: 'true' }, in: { dataset: 'data.dataset' } }
  doc.nodes.batch = { ...doc.nodes.batch!, in: { ...doc.nodes.batch!.in, dataset: 'some.dataset' } }
  writeFileSync(file, JSON.stringify(doc))
  await runHere(file, { cache })
  set('some', { where: '1 = 1' })(doc)
  writeFileSync(file, JSON.stringify(doc))
  const plan = await planHere(file, { cache })
  expect(plan).toContainEqual({ node: 'some', does: 'runs', why: 'its parameters changed' })
  expect(plan).toContainEqual({
    node: 'train',
    does: 'runs',
    why: 'the data or the tokenizer changed',
    unless: ['some'],
  })
  expect((await runHere(file, { cache })).states).toMatchObject({ some: 'done', train: 'cached' })
})
