import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
import { checkpointOf, failureOf, folderOf, runHere } from './run-kit.ts'
import { fileScratch, makePictures, type ToyDocument, toyDocument } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')

function write(name: string, doc: object): string {
  const file = join(scratch, name)
  writeFileSync(file, JSON.stringify(doc))
  return file
}

/** The toy with a second Train that goes on from the first one's weights. */
function twoStages(change: (doc: ToyDocument) => void = () => {}): string {
  const doc = toyDocument({ train: { steps: 3, checkpointEvery: 2 } })
  const second = { ...doc.nodes.train!, params: { steps: 4, checkpointEvery: 2, trainable: ['text*'] } }
  doc.nodes.tune = { ...second, in: { ...second.in, weights: 'train.weights' } }
  for (const id of ['retrieval', 'zero_shot'])
    doc.nodes[id] = { ...doc.nodes[id]!, in: { ...doc.nodes[id]!.in, weights: 'tune.weights' } }
  change(doc)
  return write('stages.json', doc)
}

const weightsOf = async (run: string, train: string, step: number) =>
  (await readCheckpoint(checkpointOf(run, step, train))).weights

beforeAll(() => makePictures(scratch))

describe('two Trains in a row', () => {
  test('the second starts from the first one’s weights and changes only what its pattern names', async () => {
    const ran = await runHere(twoStages(), { cache })
    expect(ran.result).toMatchObject({ outcome: 'completed' })
    const [before, after] = [
      await weightsOf(folderOf(ran), 'train', 3),
      await weightsOf(folderOf(ran), 'tune', 4),
    ]
    expect([...after.keys()]).toEqual([...before.keys()])
    for (const [name, { bytes }] of after) {
      const same = Buffer.from(bytes).equals(Buffer.from(before.get(name)!.bytes))
      // The position of a text that no token reaches gets no gradient, but decay.
      expect(same, name).toBe(!name.startsWith('text'))
    }
  })

  test('an unchanged stage is never trained twice', async () => {
    const tune = (doc: ToyDocument) => {
      doc.nodes.tune = { ...doc.nodes.tune!, params: { ...doc.nodes.tune!.params, steps: 2 } }
    }
    const ran = await runHere(twoStages(tune), { cache })
    expect(ran.states).toMatchObject({ train: 'cached', tune: 'done' })
    expect(ran.events.filter(e => e.type === 'step').every(e => e.node === 'tune')).toBe(true)
  })

  test('stopped in the second and resumed, the first is not trained again', async () => {
    const graph = twoStages()
    const whole = await runHere(graph, { cache, fresh: true })
    const stopped = await runHere(graph, {
      cache,
      fresh: true,
      stopAt: { train: 'tune', step: 1 },
    })
    expect(stopped.result).toMatchObject({ outcome: 'stopped' })
    const rest = await runHere(graph, { cache, resumeFrom: folderOf(stopped) })
    expect(rest.events.filter(e => e.type === 'step').every(e => e.node === 'tune')).toBe(true)
    expect([...stopped.losses, ...rest.losses]).toEqual(whole.losses)
  })

  test('a frozen node keeps its weights; where nothing is left to train, it is said', async () => {
    const frozen = toyDocument({ train: { steps: 2 }, vision: { trainable: false } })
    const ran = await runHere(write('frozen.json', frozen), { cache })
    const first = await weightsOf(folderOf(ran), 'train', 2)
    const again = toyDocument({ train: { steps: 1 }, vision: { trainable: false } })
    const one = await weightsOf(folderOf(await runHere(write('one.json', again), { cache })), 'train', 1)
    for (const [name, { bytes }] of first)
      expect(Buffer.from(bytes).equals(Buffer.from(one.get(name)!.bytes)), name).toBe(
        name.startsWith('vision/'),
      )
    const none = toyDocument({ train: { steps: 1, trainable: ['nothing*'] } })
    expect(failureOf(await runHere(write('none.json', none), { cache }))).toContain(
      'no trainable weight matches "nothing*"',
    )
  })
})

test('a tower in a subgraph trains, resumes and evaluates; its weights carry the path', async () => {
  const doc = toyDocument({ train: { steps: 4, checkpointEvery: 2 } })
  const { vision, image_projection, ...nodes } = doc.nodes
  const tower = {
    params: { width: 16 },
    in: ['image'],
    out: { embedding: 'projection.output' },
    nodes: {
      vit: { ...vision!, in: { image: '@image' } },
      projection: {
        ...image_projection!,
        params: { size: { $param: 'width' } },
        in: { input: 'vit.pooled' },
      },
    },
  }
  const use = { type: 'def:tower', v: 1, in: { image: 'batch.image' } }
  const unit = { ...nodes.image_unit!, in: { input: 'tower.embedding' } }
  const graph = write('tower.json', {
    ...doc,
    defs: { tower },
    nodes: { ...nodes, tower: use, image_unit: unit },
  })
  const ran = await runHere(graph, { cache })
  expect(ran.result).toMatchObject({ outcome: 'completed', reports: { retrieval: {}, zero_shot: {} } })
  const names = [...(await weightsOf(folderOf(ran), 'train', 4)).keys()]
  expect(names.filter(name => name.startsWith('tower/vit/')).length).toBeGreaterThan(10)
  expect(names.filter(name => name.startsWith('tower/projection/'))).toHaveLength(1)
  const rest = await runHere(graph, { cache, resumeFrom: checkpointOf(folderOf(ran), 2) })
  expect(rest.losses).toEqual(ran.losses.slice(2))
})

test('two towers that share their weights train one set of them', async () => {
  const doc = toyDocument({ train: { steps: 2 } })
  doc.nodes.text_projection = {
    ...doc.nodes.text_projection!,
    params: { size: 16, sharedWith: { $node: 'image_projection' } },
  }
  const ran = await runHere(write('shared.json', doc), { cache })
  const names = [...(await weightsOf(folderOf(ran), 'train', 2)).keys()]
  expect(names.some(name => name.startsWith('image_projection/'))).toBe(true)
  expect(names.some(name => name.startsWith('text_projection/'))).toBe(false)
})
