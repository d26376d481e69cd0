import { briefly, clearPairs } from './captions.ts'
import { absentThings, fits, type Thing } from './claims.ts'
import type { Random } from './random.ts'
import { OPPOSITE } from './relations.ts'
import { EVERYTHING, type Vocabulary } from './sample.ts'
import type { Scene, SceneObject } from './scene.ts'
import { aNoun, noun, relationWords } from './sentences.ts'
import { SIZES } from './vocabulary.ts'

export const QUESTION_KINDS = ['existence', 'count', 'attribute', 'comparison', 'relation'] as const
export type QuestionKind = (typeof QUESTION_KINDS)[number]

export interface Question {
  readonly kind: QuestionKind
  readonly question: string
  readonly answer: string
  /** Every answer that the question's kind allows, the right one among them. */
  readonly options: readonly string[]
}

const YES_NO = ['yes', 'no'] as const
const COUNTS = ['0', '1', '2', '3', '4', '5'] as const

const yesOrNo = (kind: QuestionKind, question: string, yes: boolean): Question => ({
  kind,
  question,
  answer: yes ? 'yes' : 'no',
  options: YES_NO,
})

type Ask = (scene: Scene, random: Random, from: Vocabulary) => Question | undefined

const only = (scene: Scene, thing: Thing): SceneObject | undefined => {
  const found = scene.objects.filter(o => fits(o, thing))
  return found.length === 1 ? found[0] : undefined
}

/** Yes and no are equally likely wherever the scene allows both, so that a blind guess earns half. */
const ASK: Readonly<Record<QuestionKind, Ask>> = {
  existence: (scene, random, from) => {
    const there = random.unit() < 0.5 && scene.objects.length > 0
    const thing = there ? briefly(random.pick(scene.objects)) : random.pick(absentThings(scene, from))
    return yesOrNo('existence', `is there ${aNoun(thing)}?`, there)
  },
  count: (scene, random, { shapes }) => {
    const shape = random.unit() < 0.7 ? scene.objects[random.below(scene.objects.length)]?.shape : undefined
    const thing: Thing = { shape: shape ?? random.pick(shapes) }
    const n = scene.objects.filter(o => fits(o, thing)).length
    return {
      kind: 'count',
      question: `how many ${plural(noun(thing))} are there?`,
      answer: `${n}`,
      options: COUNTS,
    }
  },
  attribute: (scene, random, { colours }) => {
    const single = scene.objects.filter(o => only(scene, { shape: o.shape }) === o)
    if (single.length === 0) return undefined
    const object = random.pick(single)
    return {
      kind: 'attribute',
      question: `what colour is the ${noun({ shape: object.shape })}?`,
      answer: object.colour,
      options: colours,
    }
  },
  comparison: (scene, random) => {
    const pairs = scene.objects.flatMap(a =>
      scene.objects.flatMap(b => (SIZES[a.size] > SIZES[b.size] ? [[a, b] as const] : [])),
    )
    if (pairs.length === 0) return undefined
    const [large, small] = random.pick(pairs)
    const yes = random.unit() < 0.5
    const [a, b] = yes ? [large, small] : [small, large]
    return yesOrNo('comparison', `is the ${noun(briefly(a))} larger than the ${noun(briefly(b))}?`, yes)
  },
  relation: (scene, random) => {
    const pairs = clearPairs(scene)
    if (pairs.length === 0) return undefined
    const { a, relation, b } = random.pick(pairs)
    const yes = random.unit() < 0.5
    const asked = relationWords(yes ? relation : OPPOSITE[relation])
    return yesOrNo('relation', `is the ${noun(a)} ${asked} the ${noun(b)}?`, yes)
  },
}

const plural = (word: string): string => (/(s|x|sh|ch)$/.test(word) ? `${word}es` : `${word}s`)

/** A question of a kind about a scene, with its answer; undefined where the scene has none of that kind. */
export const askAbout = (
  scene: Scene,
  kind: QuestionKind,
  random: Random,
  from: Vocabulary = EVERYTHING,
): Question | undefined => ASK[kind](scene, random, from)
