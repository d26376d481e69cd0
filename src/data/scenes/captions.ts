import type { Claim, Thing } from './claims.ts'
import type { Random } from './random.ts'
import { clearRelation, placeOf } from './relations.ts'
import type { Scene, SceneObject } from './scene.ts'
import { aNoun, groundWords, noun, relationWords, say } from './sentences.ts'

/** A thing with all that is seen of it. */
export const fully = ({ shape, colour, size, texture }: SceneObject): Thing => ({
  shape,
  colour,
  size,
  texture,
})

/** A thing as people name it first: colour and shape. */
export const briefly = ({ shape, colour }: SceneObject): Thing => ({ shape, colour })

/** Every pair of objects of which one is clearly beside or above the other, the nearer pairs first. */
export function clearPairs(scene: Scene): Extract<Claim, { kind: 'relation' }>[] {
  const pairs = scene.objects.flatMap(a =>
    scene.objects.flatMap(b => {
      const relation = a === b ? undefined : clearRelation(a, b)
      return relation ? [{ a, b, relation, far: (a.x - b.x) ** 2 + (a.y - b.y) ** 2 }] : []
    }),
  )
  return pairs
    .sort((p, q) => p.far - q.far)
    .map(({ a, relation, b }) => ({ kind: 'relation', a: briefly(a), relation, b: briefly(b) }))
}

/** Few words: `red circle, blue square`. */
export const terse = (scene: Scene): string => scene.objects.map(o => noun(briefly(o))).join(', ')

/** Each object in turn, from the left: `a large plain red circle at the upper left`. */
export const regionCaption = (object: SceneObject): string =>
  say({ kind: 'thing', thing: fully(object), place: placeOf(object) })

/** Everything there is to say, for long-context text encoders. */
export function dense(scene: Scene): string {
  const objects = [...scene.objects].sort((a, b) => a.x - b.x)
  const listed = objects.map(regionCaption)
  const [first, ...rest] = clearPairs(scene)
  const related = [first, ...rest.slice(0, 2)].flatMap(p =>
    p ? [`The ${noun(p.a)} is ${relationWords(p.relation)} the ${noun(p.b)}.`] : [],
  )
  const count = objects.length === 1 ? 'one object' : `${objects.length} objects`
  const words = scene.lettering ? [`It reads ${scene.lettering.text}.`] : []
  return [
    `A picture ${groundWords(scene.background)} with ${count}: ${listed.join('; ')}.`,
    ...related,
    ...words,
  ].join(' ')
}

/**
 * The captions of a scene, the first canonical: what stands where, all objects, pairs, places, then fewer and more
 * words. Each is true. Paraphrases are drawn with `random`.
 */
export function captionsOf(scene: Scene, random: Random): string[] {
  const { objects, background: ground } = scene
  const [first] = objects
  if (!first) return [`nothing ${groundWords(ground)}`]
  const wording = () => ({ template: random.below(3), words: random.below(2) })
  const pairs = clearPairs(scene)
  const canonical = pairs[0]
    ? say({ ...pairs[0], ground })
    : objects[1]
      ? say({ kind: 'both', a: briefly(first), b: briefly(objects[1]), ground })
      : say({ kind: 'thing', thing: briefly(first), place: placeOf(first), ground })
  const captions = [
    canonical,
    terse(scene),
    ...random
      .shuffled(pairs)
      .slice(0, 3)
      .map(claim => say(claim, wording())),
    ...objects.map(o => say({ kind: 'thing', thing: fully(o), place: placeOf(o) }, wording())),
    `${objects.map(o => aNoun(fully(o))).join(', ')} ${groundWords(ground)}`,
    dense(scene),
  ]
  return [...new Set(captions)]
}
