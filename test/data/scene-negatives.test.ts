import { describe, expect, test } from 'vitest'
import { hardPair, NEGATIVE_KINDS } from '../../src/data/scenes/negatives.ts'
import { randomOf } from '../../src/data/scenes/random.ts'
import { sceneRows } from '../../src/data/scenes/rows.ts'
import { EVERYTHING, sampleScene } from '../../src/data/scenes/sample.ts'
import { isHeldOutPair } from '../../src/data/scenes/splits.ts'
import { COLOUR_NAMES, SHAPES } from '../../src/data/scenes/vocabulary.ts'
import { ALL_SCENES, type SceneNegative } from '../../src/graph/scenes.ts'

const scenes = (n: number, from = 0) =>
  Array.from({ length: n }, (_, i) => ({ i: from + i, scene: sampleScene(8, from + i, EVERYTHING) }))

const pairsOf = (kind: SceneNegative, n: number, from = 0) =>
  scenes(n, from).flatMap(({ i, scene }) => hardPair(scene, kind, randomOf(5, i)) ?? [])

/** Words and what they say of a text without its order: each word, how often any is repeated, how many there are. */
function featuresOf(text: string): string[] {
  const words = text.replaceAll(',', ' ,').split(' ')
  const repeated = words.length - new Set(words.filter(w => !['a', 'an', 'the'].includes(w))).size
  return [...new Set(words), `repeats ${repeated}`, `length ${words.length}`]
}

/** Each feature of a text with the words beside it, for what a bag leaves out. */
const bigramsOf = (text: string): string[] => {
  const words = ['<', ...text.split(' '), '>']
  return words.slice(1).map((w, i) => `${words[i]} ${w}`)
}

/**
 * Share of unseen pairs in which a logistic regression on texts alone, fitted to tell true from false ones, prefers the
 * true one; a tie is half.
 */
function blindAccuracy(kind: SceneNegative, features: (text: string) => string[]) {
  const [train, test] = [pairsOf(kind, 1500), pairsOf(kind, 4000, 5000)]
  const weights = new Map<string, number>()
  const score = (text: string) => features(text).reduce((sum, f) => sum + (weights.get(f) ?? 0), 0)
  for (let epoch = 0; epoch < 5; epoch++)
    for (const { positive, negative } of train) {
      const slope = 1 / (1 + Math.exp(score(positive) - score(negative)))
      const step = 0.1 / (1 + epoch)
      for (const f of features(positive)) weights.set(f, (weights.get(f) ?? 0) + step * slope)
      for (const f of features(negative)) weights.set(f, (weights.get(f) ?? 0) - step * slope)
    }
  const right = test.map(({ positive, negative }) => {
    const [a, b] = [score(positive), score(negative)]
    return Math.abs(a - b) < 1e-9 ? 0.5 : a > b ? 1 : 0
  })
  return { accuracy: right.reduce((sum: number, v) => sum + v, 0) / right.length, n: right.length }
}

describe('what the sentences alone give away', () => {
  test.each(NEGATIVE_KINDS)('%s: nothing by its words, their number or repetition', kind => {
    const { accuracy, n } = blindAccuracy(kind, featuresOf)
    expect(n).toBeGreaterThan(500)
    expect(Math.abs(accuracy - 0.5)).toBeLessThan(3 * Math.sqrt(0.25 / n))
  })

  test.each(NEGATIVE_KINDS.filter(kind => kind !== 'shuffle_words'))(
    '%s: nothing by neighbouring words',
    kind => {
      const { accuracy, n } = blindAccuracy(kind, bigramsOf)
      expect(Math.abs(accuracy - 0.5)).toBeLessThan(3 * Math.sqrt(0.25 / n))
    },
  )

  test('shuffled words are no sentence: this kind can be told by grammar, and no other way of making it could not', () => {
    expect(blindAccuracy('shuffle_words', bigramsOf).accuracy).toBeGreaterThan(0.9)
  })
})

test('added attributes: both sentences add one, a true and a false one', () => {
  const pairs = pairsOf('add_attribute', 100)
  expect(pairs.slice(0, 3).map(p => [p.positive, p.negative])).toMatchInlineSnapshot(`
    [
      [
        "there is a striped yellow circle",
        "there is a plain yellow circle",
      ],
      [
        "a plain yellow star",
        "a striped yellow star",
      ],
      [
        "a dotted pink triangle",
        "a striped pink triangle",
      ],
    ]
  `)
  const added = (word: string) => pairs.filter(p => p.positive.includes(word)).length
  for (const word of ['plain', 'striped', 'dotted']) expect(added(word)).toBeGreaterThan(0)
})

test('held-out combinations are not in the false sentences of training: they would always be false there', () => {
  const named = /\b(\w+) (\w+)\b/g
  const heldOutIn = (text: string): boolean =>
    [...text.matchAll(named), ...text.replace(/^\w+ /, '').matchAll(named)].some(([, colour, shape]) => {
      const at = SHAPES.find(s => s === shape)
      const of = COLOUR_NAMES.find(c => c === colour)
      return at && of && isHeldOutPair({ shape: at, colour: of })
    })
  const rows = (side: 'train' | 'test') => [
    ...sceneRows({
      ...ALL_SCENES,
      form: 'pairs',
      count: 300,
      seed: 3,
      side,
      splitBy: 'pairs',
      objects: [2, 3],
      negatives: NEGATIVE_KINDS.filter(kind => kind !== 'shuffle_words'),
    }),
  ]
  expect(rows('train').filter(r => heldOutIn(r.negatives![0]!))).toEqual([])
  expect(rows('test').some(r => heldOutIn(r.negatives![0]!))).toBe(true)
})
