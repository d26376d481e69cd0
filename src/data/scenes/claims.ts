import { isAtAll, isClearly, type Place, placeOf, type Relation } from './relations.ts'
import type { Vocabulary } from './sample.ts'
import type { Scene, SceneObject } from './scene.ts'
import type { Background, Colour, Shape, Size, Texture } from './vocabulary.ts'

/** Words for one thing: what is left out may be anything. */
export interface Thing {
  readonly shape: Shape
  readonly colour?: Colour
  readonly size?: Size
  readonly texture?: Texture
}

/** What a sentence says of a scene. */
export type Claim =
  /** There is such a thing, at a place of the picture where one is named. */
  | { readonly kind: 'thing'; readonly thing: Thing; readonly place?: Place; readonly ground?: Background }
  /** There are both. */
  | { readonly kind: 'both'; readonly a: Thing; readonly b: Thing; readonly ground?: Background }
  /** a stands in a relation to b. */
  | {
      readonly kind: 'relation'
      readonly a: Thing
      readonly relation: Relation
      readonly b: Thing
      readonly ground?: Background
    }
  /** There is the one but not the other. */
  | { readonly kind: 'absence'; readonly there: Thing; readonly absent: Thing }

export const fits = (object: SceneObject, thing: Thing): boolean =>
  object.shape === thing.shape &&
  (thing.colour === undefined || object.colour === thing.colour) &&
  (thing.size === undefined || object.size === thing.size) &&
  (thing.texture === undefined || object.texture === thing.texture)

/** Every colour and shape that no object of a scene has together. */
export const absentThings = (
  scene: Scene,
  { shapes, colours, allows }: Pick<Vocabulary, 'shapes' | 'colours' | 'allows'>,
): Thing[] =>
  colours
    .flatMap(colour => shapes.map(shape => ({ shape, colour })))
    .filter(thing => !scene.objects.some(o => fits(o, thing)) && (allows?.(thing) ?? true))

/** Whether a claim is true of a scene beyond doubt. */
export function isTrue(scene: Scene, claim: Claim): boolean {
  const found = (thing: Thing) => scene.objects.filter(o => fits(o, thing))
  if ('ground' in claim && claim.ground && claim.ground !== scene.background) return false
  switch (claim.kind) {
    case 'thing':
      return found(claim.thing).some(o => claim.place === undefined || placeOf(o) === claim.place)
    case 'both':
      return found(claim.a).some(a => found(claim.b).some(b => a !== b))
    case 'relation':
      return found(claim.a).some(a => found(claim.b).some(b => a !== b && isClearly(a, claim.relation, b)))
    case 'absence':
      return found(claim.there).length > 0 && found(claim.absent).length === 0
  }
}

/** Whether a claim is false of a scene beyond doubt: a relation that holds only just is neither. */
export function isFalse(scene: Scene, claim: Claim): boolean {
  if (claim.kind !== 'relation') return !isTrue(scene, claim)
  if (claim.ground && claim.ground !== scene.background) return true
  const found = (thing: Thing) => scene.objects.filter(o => fits(o, thing))
  return !found(claim.a).some(a => found(claim.b).some(b => a !== b && isAtAll(a, claim.relation, b)))
}
