import type { SceneObject } from './scene.ts'

export const RELATIONS = ['left of', 'right of', 'above', 'below'] as const
export type Relation = (typeof RELATIONS)[number]

export const OPPOSITE: Readonly<Record<Relation, Relation>> = {
  'left of': 'right of',
  'right of': 'left of',
  above: 'below',
  below: 'above',
}

/** Middles are at least this far apart along a relation's axis, so that nobody would argue. */
const CLEAR = 0.12
/** And the other axis says less than the relation's own, by this factor. */
const DOMINANT = 1.25

/** How far b lies from a in the relation's direction, and across it. */
function along(a: SceneObject, relation: Relation, b: SceneObject): readonly [along: number, across: number] {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  switch (relation) {
    case 'left of':
      return [dx, dy]
    case 'right of':
      return [-dx, dy]
    case 'above':
      return [dy, dx]
    case 'below':
      return [-dy, dx]
  }
}

/** Whether a is clearly in this relation to b. */
export function isClearly(a: SceneObject, relation: Relation, b: SceneObject): boolean {
  const [far, across] = along(a, relation, b)
  return far >= CLEAR && far >= DOMINANT * Math.abs(across)
}

/** Whether a could be said to be in this relation to b at all, if only by a little. */
export const isAtAll = (a: SceneObject, relation: Relation, b: SceneObject): boolean =>
  along(a, relation, b)[0] > 0

/** The clear relation of a to b, where there is one. */
export const clearRelation = (a: SceneObject, b: SceneObject): Relation | undefined =>
  RELATIONS.find(r => isClearly(a, r, b))

export const PLACES = [
  'upper left',
  'top',
  'upper right',
  'left',
  'centre',
  'right',
  'lower left',
  'bottom',
  'lower right',
] as const
export type Place = (typeof PLACES)[number]

/** The third of the picture that holds an object's middle, both ways. */
export function placeOf(object: SceneObject): Place {
  const third = (v: number): number => Math.min(2, Math.max(0, Math.floor(v * 3)))
  return PLACES[third(object.y) * 3 + third(object.x)]!
}
