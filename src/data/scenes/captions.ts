import type { SceneStyle } from '../../graph/scenes.ts'
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

/** An object by itself: `a large plain red circle at the upper left`. */
export const regionCaption = (object: SceneObject, placed = true): string => say(thingOf(object, placed))

const thingOf = (object: SceneObject, placed: boolean): Extract<Claim, { kind: 'thing' }> => ({
  kind: 'thing',
  thing: fully(object),
  ...(placed && { place: placeOf(object) }),
})

/** Everything there is to say, for long-context text encoders. Objects go from the left unless places are left out. */
function dense(scene: Scene, placed: boolean, reads: boolean): string {
  const objects = placed ? [...scene.objects].sort((a, b) => a.x - b.x) : scene.objects
  const listed = objects.map(o => regionCaption(o, placed))
  const [first, ...rest] = placed ? clearPairs(scene) : []
  const related = [first, ...rest.slice(0, 2)].flatMap(p =>
    p ? [`The ${noun(p.a)} is ${relationWords(p.relation)} the ${noun(p.b)}.`] : [],
  )
  const count = objects.length === 1 ? 'one object' : `${objects.length} objects`
  const words = reads && scene.lettering ? [`It reads ${scene.lettering.text}.`] : []
  return [
    `A picture ${groundWords(scene.background)} with ${count}: ${listed.join('; ')}.`,
    ...related,
    ...words,
  ].join(' ')
}

/** Which captions of a scene are wanted. */
export interface CaptionOptions {
  readonly styles: readonly SceneStyle[]
  /** Whether they may say where things are; otherwise the same sentences without that. */
  readonly placed: boolean
  /** Whether they say what is written in the picture; not by default. */
  readonly reads?: boolean
}

/**
 * The captions of a scene in the order of the styles, each once; the summary where the scene offers none of them. Each
 * is true. Paraphrases are drawn with `random`, a style's own the same whatever other styles are wanted.
 */
export function captionsOf(
  scene: Scene,
  random: Random,
  { styles, placed, reads = false }: CaptionOptions,
): string[] {
  const { objects, background: ground } = scene
  const [first, second] = objects
  if (!first) return [`nothing ${groundWords(ground)}`]
  const wording = () => ({ template: random.below(3), words: random.below(2) })
  const pairs = clearPairs(scene)
  const told = (pair: (typeof pairs)[number]): Claim =>
    placed ? pair : { kind: 'both', a: pair.a, b: pair.b }
  const summary = pairs[0]
    ? say({ ...told(pairs[0]), ground } as Claim)
    : second
      ? say({ kind: 'both', a: briefly(first), b: briefly(second), ground })
      : say({ ...thingOf(first, placed), thing: briefly(first), ground })
  const all: Readonly<Record<SceneStyle, readonly string[]>> = {
    summary: [summary],
    terse: [terse(scene)],
    relations: random
      .shuffled(pairs)
      .slice(0, 3)
      .map(pair => say(told(pair), wording())),
    things: objects.map(o => say(thingOf(o, placed), wording())),
    list: [`${objects.map(o => aNoun(fully(o))).join(', ')} ${groundWords(ground)}`],
    dense: [dense(scene, placed, reads)],
  }
  const written = reads && scene.lettering ? ` with ${scene.lettering.text} written on it` : ''
  const wanted = styles.flatMap(style =>
    style === 'dense' ? all.dense : all[style].map(caption => caption + written),
  )
  return wanted.length > 0 ? [...new Set(wanted)] : [summary + written]
}
