import { expect, test } from 'vitest'
import { NEGATIVE_KINDS } from '../../src/data/scenes/negatives.ts'
import { sceneRows } from '../../src/data/scenes/rows.ts'
import { ALL_SCENES, type ScenesOptions } from '../../src/graph/scenes.ts'

const options: ScenesOptions = {
  ...ALL_SCENES,
  form: 'statements',
  count: 400,
  seed: 3,
  side: 'test',
  objects: [2, 3],
}
const statements = [...sceneRows(options)]

test('a statement is the true or the false sentence of the pair of its scene and kind, as its label says', () => {
  const pairs = [...sceneRows({ ...options, form: 'pairs' })]
  expect(statements.map(s => s.id)).toEqual(pairs.map(p => p.id))
  statements.forEach((s, i) => {
    const { captions, negatives } = pairs[i]!
    expect(s.captions).toEqual(s.truth ? captions : negatives)
  })
})

test('true and false are as frequent in every kind, and neither follows from the kind beside it', () => {
  for (const kind of NEGATIVE_KINDS) {
    const rows = statements.filter(s => s.kind === kind)
    const trues = rows.filter(s => s.truth).length / rows.length
    // Five standard errors of a fair coin.
    expect(Math.abs(trues - 0.5), kind).toBeLessThan(5 * Math.sqrt(0.25 / rows.length))
  }
  const same = statements.slice(1).filter((s, i) => s.truth === statements[i]!.truth).length
  const share = same / (statements.length - 1)
  expect(Math.abs(share - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / statements.length))
})

test('other kinds of statements change none that are there', () => {
  const few = [...sceneRows({ ...options, negatives: ['swap_relation', 'replace_attribute'] })]
  const byId = new Map(statements.map(s => [s.id, s]))
  for (const s of few) expect(byId.get(s.id)).toMatchObject({ captions: s.captions, truth: s.truth })
})
