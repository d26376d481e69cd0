import { beforeAll, expect, it } from 'vitest'
import type { WatchSpec } from '../../src/protocol/watch.ts'
import { HeldRun } from './held.ts'
import { LiveEngine } from './live.ts'
import { fileScratch, makePictures, toyDocument } from './toy.ts'

const scratch = fileScratch()

beforeAll(() => makePictures(scratch))

/** The toy's training with a weighted loss. */
function graphText(): string {
  const { retrieval, zero_shot, ...nodes } = toyDocument().nodes
  const weighted = {
    type: 'objective.weightedSum',
    v: 1,
    params: { weights: [1] },
    in: { losses: ['loss.loss'] },
  }
  const train = { ...nodes.train!, in: { ...nodes.train!.in, loss: ['weighted.loss'] } }
  return JSON.stringify({ ...toyDocument(), nodes: { ...nodes, weighted, train } })
}

it('a watch follows steps back and forward, and edits of a live run on the steps that have them', async () => {
  const live = new LiveEngine(`${scratch}/cache`)
  const watch: WatchSpec = { id: 'loss', wire: 'weighted.loss', field: 'sum', sample: 'next', every: 1 }
  const run = live.run(
    { text: graphText(), file: `${scratch}/steps.json`, overrides: [] },
    { paused: true, snapshotBytes: 1e8, watches: [watch] },
  )
  const held = await HeldRun.begin(live, run.id)
  const at = async (step: number, from: number): Promise<number> => {
    const { watched } = await live.untilWatched(s => s.watched.step === step, from)
    return watched.value!.stats.mean!
  }
  const first: number[] = []
  for (let step = 0; step < 5; step++) {
    first.push(await at(step, 0))
    if (step < 4) await held.go('step', 1)
  }
  // Held at one step and looked at once, however long.
  expect(live.watched.map(s => s.watched.step)).toEqual([0, 1, 2, 3, 4])

  let from = live.watched.length
  await live.edit(run.id, [{ node: 'weighted', param: 'weights', value: [0.25] }])
  expect(await at(4, from)).toBe(first[4]! / 4)

  from = live.watched.length
  await held.go('back', 2)
  expect(await at(2, from)).toBe(first[2])
  from = live.watched.length
  await held.go('seek', 4)
  expect(await at(4, from)).toBe(first[4]! / 4)
  await live.stop(run.id, 'cancel')
  await run.result
}, 120_000)
