import { LOOKS } from './backgrounds.ts'
import { type Random, randomOf } from './random.ts'
import { type Scene, type SceneObject, STRAIGHT } from './scene.ts'
import {
  BACKGROUNDS,
  type Background,
  COLOUR_NAMES,
  type Colour,
  SHAPES,
  type Shape,
  SIZE_NAMES,
  SIZES,
  type Size,
  TEXTURES,
  type Texture,
} from './vocabulary.ts'

export interface SceneOptions {
  /** Fewest and most objects; 1 to 5. */
  readonly objects: readonly [least: number, most: number]
  readonly shapes: readonly Shape[]
  readonly colours: readonly Colour[]
  readonly sizes: readonly Size[]
  readonly textures: readonly Texture[]
  readonly backgrounds: readonly Background[]
  /** Whether objects may cover parts of others; their middles stay in view. */
  readonly overlap: boolean
  /** Whether a combination may be there; which ones not is how a split holds them out. */
  readonly allows?: (object: Pick<SceneObject, 'shape' | 'colour'>) => boolean
}

/** What the things of a dataset may be. */
export type Vocabulary = Pick<SceneOptions, 'shapes' | 'colours' | 'textures' | 'allows'>

export const EVERYTHING: SceneOptions = {
  objects: [1, 5],
  shapes: SHAPES,
  colours: COLOUR_NAMES,
  sizes: SIZE_NAMES,
  textures: TEXTURES,
  backgrounds: BACKGROUNDS,
  overlap: false,
}

/** Distance of two objects' middles over the sum of their radii, at least. */
const APART = { overlapping: 0.78, separate: 1.18 }
/** Objects stay this far inside the picture. */
const MARGIN = 0.02
const TRIES = 60

/**
 * The scene of one index: a pure function of (seed, index, options). No two objects of a scene share both shape and
 * colour, so "the red circle" is always one thing.
 */
export function sampleScene(seed: number, index: number, options: SceneOptions): Scene {
  for (let attempt = 0; ; attempt++) {
    const random = randomOf(seed, index, attempt)
    const count = options.objects[0] + random.below(options.objects[1] - options.objects[0] + 1)
    // Where many large things won't fit, later attempts ask for smaller ones.
    const sizes = attempt < 4 ? options.sizes : [options.sizes[0]!]
    const objects = placeObjects(random, count, { ...options, sizes })
    if (objects)
      return {
        background: random.pick(options.backgrounds),
        look: random.below(LOOKS),
        objects,
        camera: STRAIGHT,
      }
  }
}

function placeObjects(random: Random, count: number, options: SceneOptions): SceneObject[] | undefined {
  const objects: SceneObject[] = []
  const apart = options.overlap ? APART.overlapping : APART.separate
  for (let tries = 0; objects.length < count; tries++) {
    if (tries > TRIES) return undefined
    const kind = { shape: random.pick(options.shapes), colour: random.pick(options.colours) }
    const size = random.pick(options.sizes)
    const texture = random.pick(options.textures)
    const radius = SIZES[size]
    const reach = radius + MARGIN
    const [x, y] = [random.between(reach, 1 - reach), random.between(reach, 1 - reach)]
    const angle = random.between(-0.22, 0.22)
    if (options.allows && !options.allows(kind)) continue
    if (objects.some(o => o.shape === kind.shape && o.colour === kind.colour)) continue
    const near = objects.some(o => (o.x - x) ** 2 + (o.y - y) ** 2 < ((o.radius + radius) * apart) ** 2)
    if (near) continue
    objects.push({ ...kind, size, texture, x: short(x), y: short(y), radius, angle: short(angle) })
  }
  return objects
}

/** Four decimals, so that a scene written as text is the scene that is drawn. */
export const short = (v: number): number => Math.round(v * 1e4) / 1e4
