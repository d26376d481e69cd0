import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { runHere } from './run-kit.ts'
import { fileScratch, toyDocument } from './toy.ts'

const scratch = fileScratch()
const FRAMES = 3

test('clips in an engine: trained on, retrieved, and two endings told apart, blindly by a half', async () => {
  // The texts differ at their ends.
  const doc = toyDocument({ batch: { textLength: 40 } })
  const clips = (params: object) => ({
    type: 'data.sceneClips',
    v: 1 as const,
    params: { count: 24, frames: FRAMES, ...params },
  })
  const { nodes } = doc
  doc.nodes = {
    ...Object.fromEntries(Object.entries(nodes).filter(([, node]) => !node.type.startsWith('evaluation.'))),
    data: clips({}),
    test: clips({ split: 'test' }),
    vision: { ...nodes.vision!, in: { image: 'batch.frames' } },
    over_time: { type: 'layer.mean', v: 1, in: { input: 'vision.pooled' } },
    image_projection: { ...nodes.image_projection!, in: { input: 'over_time.output' } },
    retrieval: {
      type: 'evaluation.retrieval',
      v: 1,
      params: { gallery: 2 },
      in: { dataset: 'test.dataset', pairs: 'logits.pairs', weights: 'train.weights' },
    },
    endings: {
      type: 'evaluation.forcedChoice',
      v: 1,
      params: { image: 'frames', kind: 'event', blind: true },
      in: { dataset: 'test.dataset', pairs: 'logits.pairs', weights: 'train.weights' },
    },
  }
  const file = join(scratch, 'clips.json')
  writeFileSync(file, JSON.stringify(doc))
  const { result, losses, events, log } = await runHere(file, { cache: join(scratch, 'cache') })
  expect(log).not.toContain('could not be made')
  expect(result).toMatchObject({ outcome: 'completed' })
  expect(losses.at(-1)![1]).toBeLessThan(losses[0]![1])
  const reports = events.flatMap(e => (e.type === 'report' ? [e.report] : []))
  expect(reports).toHaveLength(2)
  const choice = reports.find(r => r.metrics.blind_accuracy !== undefined)!
  // Twins have each other's sentences: who can't see is right about one of the two.
  expect(choice.metrics).toMatchObject({ n: 24, chance: 0.5, blind_accuracy: 0.5 })

  const folder = join(scratch, '.diptych/runs')
  const pictures = join(folder, readdirSync(folder)[0]!, 'pictures')
  const [first] = readdirSync(pictures)
  expect(first).toBeDefined()
  expect(await sharp(join(pictures, first!)).metadata()).toMatchObject({ width: 128, height: 128 })
})
