import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { runHere } from './run-kit.ts'
import { fileScratch, makePictures, toyDocument } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')

beforeAll(() => makePictures(scratch))

test('a curve measures the losses of the steps, also of a Train that comes from the cache', async () => {
  const doc = toyDocument({ train: { steps: 4 } })
  doc.nodes.start = {
    type: 'evaluation.curve',
    v: 1,
    params: { steps: 3 },
    in: { curve: 'train.curve' },
  }
  const file = join(scratch, 'curve.json')
  writeFileSync(file, JSON.stringify(doc))
  const first = await runHere(file, { cache })
  const losses = first.events.flatMap(e => (e.type === 'step' ? [e['train/loss']!] : []))
  expect(losses).toHaveLength(4)
  const again = await runHere(file, { cache })
  expect(again.events.some(e => e.type === 'step')).toBe(false)
  for (const { result } of [first, again])
    expect(result).toMatchObject({ reports: { start: { items: { 'train/loss': losses.slice(0, 3) } } } })
})
