/** What a row of a scenes dataset is. */
export const SCENE_ROWS = ['captions', 'pairs', 'quads', 'questions', 'regions', 'positions'] as const
export type SceneRows = (typeof SCENE_ROWS)[number]

/** How a hard negative differs from its positive, in the words of ARO and SugarCrepe. */
export const SCENE_NEGATIVES = [
  'swap_attribute',
  'swap_relation',
  'replace_object',
  'replace_attribute',
  'replace_relation',
  'add_attribute',
  'negate',
  'shuffle_words',
] as const
export type SceneNegative = (typeof SCENE_NEGATIVES)[number]

/**
 * How train and test scenes differ. `random`: other indices of the same distribution. `pairs`: some combinations of
 * colour and shape are never trained on, and every test scene has one. `relations`: the trained horizontal relations
 * of some shapes are only ever one way round.
 */
export const SCENE_SPLITS = ['random', 'pairs', 'relations'] as const
export type SceneSplit = (typeof SCENE_SPLITS)[number]

/** A dataset of drawn scenes. */
export interface ScenesOptions {
  readonly form: SceneRows
  /** Scenes; some forms give several rows a scene. */
  readonly count: number
  readonly seed: number
  readonly side: 'train' | 'test'
  readonly splitBy: SceneSplit
  readonly objects: readonly [least: number, most: number]
  readonly overlap: boolean
  readonly negatives: readonly SceneNegative[]
  /** For positions: share of the training captions that say where the object is. */
  readonly placed: number
}
