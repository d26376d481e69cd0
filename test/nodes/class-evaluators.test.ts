import { describe, expect, it } from 'vitest'
import { derangement } from '../../src/nodes/evaluation/derangement.ts'
import { contextOf, evaluate, type Known } from './evaluation-kit.ts'

/** Embeddings of texts by their words: a picture of the word k is the unit vector k. */
const words = (known: readonly string[]) => ({
  textRows: (asked?: readonly string[]) => asked!.map(text => known.map(w => (text.includes(w) ? 1 : 0))),
  picture: (word: string) => known.map(w => (w === word ? 1 : 0)),
})

describe('zero-shot by class descriptions', () => {
  const { textRows, picture } = words(['red', 'blue', 'hen', 'jay'])
  const asked: string[] = []
  const known: Known = {
    pictures: { image: [picture('red'), picture('blue'), picture('red')] },
    textRows: texts => {
      asked.push(...texts!)
      return textRows(texts)
    },
    categories: { group: { classes: ['hen', 'jay'], values: [0, 1, 1] } },
  }
  const descriptions = { hen: ['which is red', 'which lays eggs'], jay: ['which is blue'] }

  it('asks for each description and takes the mean of the scores', async () => {
    const { metrics, items } = await evaluate('evaluation.zeroShot', { descriptions }, contextOf(known))
    expect(asked).toEqual([
      'a photo of a hen, which is red.',
      'a photo of a hen, which lays eggs.',
      'a photo of a jay, which is blue.',
    ])
    expect(metrics).toMatchObject({ top1: 2 / 3, chance: 0.5, ties: 0, n: 3 })
    expect(items!.top1).toEqual([1, 1, 0])
  })

  it('the control gives each class the descriptions of another', async () => {
    asked.length = 0
    const { metrics } = await evaluate(
      'evaluation.zeroShot',
      { descriptions, describedBy: 'others' },
      contextOf(known),
    )
    expect(asked).toEqual([
      'a photo of a hen, which is blue.',
      'a photo of a jay, which is red.',
      'a photo of a jay, which lays eggs.',
    ])
    expect(metrics.top1).toBeCloseTo(1 / 3, 12)
  })

  it('a deal leaves nobody with his own', () => {
    for (let n = 2; n < 12; n++)
      for (let seed = 0; seed < 20; seed++) {
        const dealt = derangement(n, seed)
        expect([...dealt].sort((a, b) => a - b)).toEqual(dealt.map((_, i) => i))
        expect(dealt.every((to, i) => to !== i)).toBe(true)
      }
    expect([derangement(1, 0), derangement(0, 0)]).toEqual([[0], []])
    expect(new Set(Array.from({ length: 40 }, (_, seed) => derangement(4, seed).join()))).toHaveProperty(
      'size',
      6,
    )
  })
})

describe('accuracy by factor', () => {
  const { textRows, picture } = words(['disc', 'ring', 'star'])
  const rings = [0, 1, 1, 1, 1]
  const shape = { classes: ['disc', 'ring', 'star'], values: [0, 1, 1, 1, -1] }
  const background = { classes: ['sky', 'grass', 'sand'], values: [0, 0, 2, 2, 0] }
  // On sand, rings look like discs to this model.
  const seen = ['disc', 'ring', 'disc', 'disc', 'ring']
  const known: Known = {
    pictures: { image: rings.map((_, i) => picture(seen[i]!)) },
    textRows,
    categories: { shape, background },
  }

  it('is a heat map of the cells that have rows', async () => {
    const report = await evaluate('evaluation.factors', { least: 2 }, contextOf(known))
    expect(report.matrices).toEqual([
      {
        title: 'Accuracy by shape and background (0 where there are no rows)',
        axes: { rows: 'shape', columns: 'background' },
        rowLabels: ['disc', 'ring'],
        columnLabels: ['sky', 'sand'],
        values: [
          [1, 0],
          [1, 0],
        ],
      },
    ])
    expect(report.metrics).toEqual({ accuracy: 0.5, lowest: 0, chance: 1 / 3, ties: 0, cells: 3, n: 4 })
    expect(report.standardErrors!.accuracy).toBeCloseTo(0.25, 12)
    expect(report.items!.accuracy).toEqual([1, 1, 0, 0])
    expect(report.items!['accuracy/shape/disc']).toEqual([1])
    expect(report.tables![0]!.rows).toEqual([
      ['shape', 'disc', 1, 1, 0],
      ['shape', 'ring', 3, 1 / 3, Math.sqrt(2 / 27)],
      ['background', 'sky', 2, 1, 0],
      ['background', 'sand', 2, 0, 0],
    ])
  })

  it('has no worst cell where all are small, and rewards no constant scorer', async () => {
    const report = await evaluate('evaluation.factors', {}, contextOf(known))
    expect(report.metrics).not.toHaveProperty('lowest')
    const constant = await evaluate('evaluation.factors', {}, contextOf({ ...known, score: () => 1 }))
    expect(constant.metrics).toMatchObject({ accuracy: 0, ties: 4 })
  })
})
