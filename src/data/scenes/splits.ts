import type { Relation } from './relations.ts'
import type { SceneObject } from './scene.ts'
import { COLOUR_NAMES, SHAPES } from './vocabulary.ts'

/** Indices of test scenes start here: no scene is in both sides. */
export const TEST_FROM = 2 ** 40

/** One combination in this many is held out; each colour and each shape stays in most of its combinations. */
const HELD_OUT_OF = 5

/** Whether a combination of colour and shape is held out of training. */
export function isHeldOutPair({ shape, colour }: Pick<SceneObject, 'shape' | 'colour'>): boolean {
  return (COLOUR_NAMES.indexOf(colour) + 2 * SHAPES.indexOf(shape)) % HELD_OUT_OF === 0
}

/** Whether training never sees a shape in this relation: every other shape never stands left of anything. */
export const isHeldOutRelation = (shape: SceneObject['shape'], relation: Relation): boolean =>
  relation === 'left of' && SHAPES.indexOf(shape) % 2 === 0
