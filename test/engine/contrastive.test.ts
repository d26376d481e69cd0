import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { runHere } from './run-kit.ts'
import { fileScratch, makePictures, ROWS, toyDocument } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')

beforeAll(() => makePictures(scratch))

test('Llip in an engine: retrieval and zero-shot fill its tiles, images mixed by every text they ask about', async () => {
  const doc = toyDocument({ vision: { extraTokens: 3 }, zero_shot: { templates: ['{}'] } })
  const mixer = { image: 'vision.extra', text: 'text.pooled' }
  doc.nodes.logits = { type: 'pair.captionMixer', v: 1, params: { size: 8 }, in: mixer }
  doc.nodes.loss = { type: 'objective.sigmoid', v: 1, in: { pairs: 'logits.pairs' } }
  for (const id of ['image_projection', 'text_projection', 'image_unit', 'text_unit']) delete doc.nodes[id]
  const file = join(scratch, 'llip.json')
  writeFileSync(file, JSON.stringify(doc))
  const { result, losses, events } = await runHere(file, { cache })
  expect(result).toMatchObject({ outcome: 'completed' })
  expect(losses.at(-1)![1]).toBeLessThan(losses[0]![1])
  const reports = events.flatMap(e => (e.type === 'report' ? [e.report.metrics] : []))
  expect(reports.map(m => m.n)).toEqual([ROWS, ROWS])
  for (const metrics of reports) expect(Object.values(metrics).every(Number.isFinite)).toBe(true)
})
