import type { SceneNegative } from '../../graph/scenes.ts'
import { briefly, clearPairs } from './captions.ts'
import { type Claim, isFalse, isTrue, type Thing } from './claims.ts'
import type { Random } from './random.ts'
import { OPPOSITE, placeOf } from './relations.ts'
import { EVERYTHING, type Vocabulary } from './sample.ts'
import type { Scene } from './scene.ts'
import { say, type Wording } from './sentences.ts'
import type { Colour, Shape } from './vocabulary.ts'

/** A true sentence of a scene and a false one with the same slots and the same number of words. */
export interface HardPair {
  readonly kind: SceneNegative
  readonly positive: string
  readonly negative: string
}

/** What another object could be: a value that the scene's claim then gets wrong. */
const other = <T>(random: Random, all: readonly T[], than: T): T =>
  random.pick(all.filter(value => value !== than))

type Change = (
  scene: Scene,
  random: Random,
  from: Vocabulary,
) => { readonly positive: Claim; readonly negative: Claim } | undefined

/** Changes of a claim about two things and how they stand. */
const ofPair =
  (
    change: (
      claim: Extract<Claim, { kind: 'relation' }>,
      random: Random,
      from: Vocabulary,
    ) => Partial<Claim> | undefined,
  ): Change =>
  (scene, random, from) => {
    const pairs = clearPairs(scene).filter(p => p.a.colour !== p.b.colour && p.a.shape !== p.b.shape)
    if (pairs.length === 0) return undefined
    const positive = random.pick(pairs)
    const changed = change(positive, random, from)
    return changed && { positive, negative: { ...positive, ...changed } as Claim }
  }

/** What is changed of a thing, other than what stands beside it; undefined where there is no choice. */
type NewThing = (thing: Thing, random: Random, from: Vocabulary, beside?: Thing) => Partial<Thing> | undefined

/** A change of one thing, for scenes that have no pair to speak of. */
const ofThing =
  (change: NewThing): Change =>
  (scene, random, from) => {
    if (scene.objects.length === 0) return undefined
    const object = random.pick(scene.objects)
    const positive = { kind: 'thing', thing: briefly(object), place: placeOf(object) } as const
    return {
      positive,
      negative: { ...positive, thing: { ...positive.thing, ...change(positive.thing, random, from) } },
    }
  }

const either =
  (first: Change, second: Change): Change =>
  (scene, random, from) =>
    first(scene, random, from) ?? second(scene, random, from)

// What the thing beside it has is no choice: true sentences never say one word twice, so a false one must not either.
const newShape: NewThing = ({ shape }, random, { shapes }, beside) => {
  const rest = shapes.filter(s => s !== shape && s !== beside?.shape)
  return rest.length > 0 ? { shape: random.pick(rest) } : undefined
}
const newColour: NewThing = ({ colour }, random, { colours }, beside) => {
  const rest = colours.filter(c => c !== colour && c !== beside?.colour)
  return rest.length > 0 ? { colour: random.pick(rest) } : undefined
}

/** A false thing in the place of `a`. */
const replaceFirst = (change: NewThing): Change =>
  ofPair(({ a, b }, random, from) => {
    const changed = change(a, random, from, b)
    return changed && { a: { ...a, ...changed } }
  })

const CHANGES: Readonly<Record<Exclude<SceneNegative, 'shuffle_words'>, Change>> = {
  swap_attribute: ofPair(({ a, b }) => ({
    a: { ...a, colour: b.colour },
    b: { ...b, colour: a.colour },
  })),
  swap_relation: ofPair(({ a, b }) => ({ a: b, b: a })),
  replace_object: either(replaceFirst(newShape), ofThing(newShape)),
  replace_attribute: either(replaceFirst(newColour), ofThing(newColour)),
  replace_relation: ofPair(({ relation }) => ({ relation: OPPOSITE[relation] })),
  add_attribute: (scene, random, { textures }) => {
    if (scene.objects.length === 0 || textures.length < 2) return undefined
    const object = random.pick(scene.objects)
    const thing = briefly(object)
    // Both sentences add an attribute, a true one and a false one: otherwise the longer would be the false one.
    // Of textures all are equally frequent; small things are more so than large ones.
    const texture = other(random, textures, object.texture)
    return {
      positive: { kind: 'thing', thing: { ...thing, texture: object.texture } },
      negative: { kind: 'thing', thing: { ...thing, texture } },
    }
  },
  negate: (scene, random, { shapes, colours }) => {
    if (scene.objects.length === 0) return undefined
    const there = briefly(random.pick(scene.objects))
    const absent: Thing = { shape: random.pick(shapes), colour: random.pick(colours) }
    return {
      positive: { kind: 'absence', there, absent },
      negative: { kind: 'absence', there: absent, absent: there },
    }
  },
}

/** All kinds, in the order of their class indices. */
export const NEGATIVE_KINDS: readonly SceneNegative[] = [
  ...(Object.keys(CHANGES) as (keyof typeof CHANGES)[]),
  'shuffle_words',
]

const TRIES = 20

/**
 * A hard pair of a kind for a scene; undefined where the scene offers none (one object has no relation to swap).
 * The positive is true and the negative false beyond doubt, by the scene's own truth; what replaces something is of
 * the vocabulary.
 */
export function hardPair(
  scene: Scene,
  kind: SceneNegative,
  random: Random,
  from: Vocabulary = EVERYTHING,
): HardPair | undefined {
  const wording: Wording = { template: random.below(3), words: random.below(2) }
  if (kind === 'shuffle_words') return shuffled(scene, random, wording)
  for (let i = 0; i < TRIES; i++) {
    const changed = CHANGES[kind](scene, random, from)
    if (!changed) return undefined
    if (!isTrue(scene, changed.positive) || !isFalse(scene, changed.negative)) continue
    if (from.allows && !thingsOf(changed.negative).every(from.allows)) continue
    const [positive, negative] = [say(changed.positive, wording), say(changed.negative, wording)]
    if (positive !== negative && wordCount(positive) === wordCount(negative))
      return { kind, positive, negative }
  }
  return undefined
}

/** The things that a claim names with their colours. */
const thingsOf = (claim: Claim): { readonly shape: Shape; readonly colour: Colour }[] => {
  const named =
    claim.kind === 'thing'
      ? [claim.thing]
      : claim.kind === 'absence'
        ? [claim.there, claim.absent]
        : [claim.a, claim.b]
  return named.flatMap(({ shape, colour }) => (colour ? [{ shape, colour }] : []))
}

const wordCount = (text: string): number => text.split(' ').length

/** The same words in an order that says nothing. */
function shuffled(scene: Scene, random: Random, wording: Wording): HardPair | undefined {
  const pairs = clearPairs(scene)
  if (pairs.length === 0) return undefined
  const positive = say(random.pick(pairs), wording)
  for (let i = 0; i < TRIES; i++) {
    const negative = random.shuffled(positive.replaceAll(',', '').split(' ')).join(' ')
    if (negative !== positive.replaceAll(',', ''))
      return { kind: 'shuffle_words', positive: positive.replaceAll(',', ''), negative }
  }
  return undefined
}
