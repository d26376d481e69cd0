/** What a row of a scenes dataset is. */
export const SCENE_ROWS = [
  'captions',
  'pairs',
  'statements',
  'quads',
  'questions',
  'regions',
  'positions',
] as const
export type SceneRows = (typeof SCENE_ROWS)[number]

export const SCENE_SHAPES = [
  'circle',
  'square',
  'triangle',
  'diamond',
  'pentagon',
  'hexagon',
  'star',
  'heart',
  'cross',
  'ring',
] as const
export type SceneShape = (typeof SCENE_SHAPES)[number]

export const SCENE_COLOURS = [
  'red',
  'orange',
  'yellow',
  'green',
  'cyan',
  'blue',
  'purple',
  'pink',
  'brown',
  'white',
  'black',
] as const
export type SceneColour = (typeof SCENE_COLOURS)[number]

export const SCENE_SIZES = ['small', 'medium', 'large'] as const
export type SceneSize = (typeof SCENE_SIZES)[number]

export const SCENE_TEXTURES = ['plain', 'striped', 'dotted'] as const
export type SceneTexture = (typeof SCENE_TEXTURES)[number]

export const SCENE_BACKGROUNDS = ['sky', 'paper', 'grass', 'sand', 'night', 'tiles', 'wood', 'slate'] as const
export type SceneBackground = (typeof SCENE_BACKGROUNDS)[number]

/**
 * How a caption speaks of a scene. `summary`: how two things stand and on what ground, in the plainest words. `terse`:
 * the names of all things. `relations`: how two things stand, in several wordings. `things`: one thing each. `list`:
 * all things with their sizes and textures. `dense`: all there is to say.
 */
export const SCENE_STYLES = ['summary', 'terse', 'relations', 'things', 'list', 'dense'] as const
export type SceneStyle = (typeof SCENE_STYLES)[number]

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

/**
 * What is written in pictures. `word`: a word that has nothing to do with the scene. `thing`: the name of a thing that is
 * there. `decoy`: the name of a thing that is not, as another scene's caption would have it.
 */
export const SCENE_LETTERINGS = ['none', 'word', 'thing', 'decoy'] as const
export type SceneLettering = (typeof SCENE_LETTERINGS)[number]

/** What a row of a dataset of clips is. */
export const CLIP_ROWS = ['events', 'sweeps'] as const
export type ClipRows = (typeof CLIP_ROWS)[number]

export const CLIP_EVENTS = ['falling', 'collision', 'occlusion', 'containment'] as const
export type ClipEvent = (typeof CLIP_EVENTS)[number]

/** A dataset of drawn clips. */
export interface ClipsOptions {
  readonly form: ClipRows
  readonly count: number
  readonly frames: number
  readonly seed: number
  readonly side: 'train' | 'test'
  /** What happens, by turns. */
  readonly events: readonly ClipEvent[]
}

/** What decides the columns of a scenes dataset, and its rows where a scene is one. */
export interface ScenesForm {
  readonly form: SceneRows
  /** Scenes; some forms give several rows a scene. */
  readonly count: number
  /** What objects may be: at least two of both, and more combinations than objects. */
  readonly shapes: readonly SceneShape[]
  readonly colours: readonly SceneColour[]
  /** At least one each; positions are always large and plain. */
  readonly sizes: readonly SceneSize[]
  readonly textures: readonly SceneTexture[]
  readonly backgrounds: readonly SceneBackground[]
  readonly lettering: SceneLettering
}

/** A dataset of drawn scenes. */
export interface ScenesOptions extends ScenesForm {
  readonly seed: number
  readonly side: 'train' | 'test'
  readonly splitBy: SceneSplit
  readonly objects: readonly [least: number, most: number]
  readonly overlap: boolean
  /** For captions: which kinds a row holds. */
  readonly styles: readonly SceneStyle[]
  readonly negatives: readonly SceneNegative[]
  /** For captions and positions: share of the training rows whose captions say where things are. */
  readonly placed: number
  /** Share of the scenes in which something is written. */
  readonly lettered: number
  /** Whether captions say what is written. */
  readonly reads: boolean
}

/** Scenes of everything there is, with nothing held out and nothing written. */
export const ALL_SCENES: Omit<ScenesOptions, 'form' | 'count' | 'side'> = {
  seed: 0,
  splitBy: 'random',
  objects: [1, 4],
  overlap: false,
  shapes: SCENE_SHAPES,
  colours: SCENE_COLOURS,
  sizes: SCENE_SIZES,
  textures: SCENE_TEXTURES,
  backgrounds: SCENE_BACKGROUNDS,
  styles: SCENE_STYLES,
  negatives: SCENE_NEGATIVES,
  placed: 1,
  lettering: 'none',
  lettered: 1,
  reads: false,
}
