import type { SceneNegative, SceneRows, ScenesOptions } from '../../graph/scenes.ts'
import { captionsOf, clearPairs, regionCaption } from './captions.ts'
import { absentThings } from './claims.ts'
import { hardPair, NEGATIVE_KINDS } from './negatives.ts'
import { QUAD_KINDS, quadOf } from './quads.ts'
import { askAbout, QUESTION_KINDS } from './questions.ts'
import { type Random, randomOf } from './random.ts'
import type { Place } from './relations.ts'
import { EVERYTHING, type SceneOptions, sampleScene, short, type Vocabulary } from './sample.ts'
import { type Scene, type SceneObject, STRAIGHT, squareOf } from './scene.ts'
import { say } from './sentences.ts'
import { isHeldOutPair, isHeldOutRelation, TEST_FROM } from './splits.ts'
import { SIZES } from './vocabulary.ts'
import { withWriting } from './writing.ts'

export interface SceneRow {
  readonly id: string
  readonly scene: Scene
  readonly captions: readonly string[]
  readonly negatives?: readonly string[]
  readonly kind?: string
  /** Of a statement: whether it is true of the scene. */
  readonly truth?: boolean
  readonly question?: {
    readonly question: string
    readonly answer: string
    readonly options: readonly string[]
  }
  /** The second scene and caption of a quad. */
  readonly second?: { readonly scene: Scene; readonly caption: string }
  /** Left, top, right and bottom of a region, as shares of the picture's side. */
  readonly box?: readonly [number, number, number, number]
}

/** Streams of random numbers, so that what one is used for never changes another. */
const STREAM = { words: 1, negatives: 2, questions: 3, grid: 4, quads: 5, placed: 6, writing: 7, truth: 8 }

/** The rows of a scenes dataset, a pure function of the options. */
export function* sceneRows(options: ScenesOptions): Generator<SceneRow> {
  for (let i = 0; i < options.count; i++) {
    const index = (options.side === 'test' ? TEST_FROM : 0) + i
    const id = `${options.side}-${i}`
    if (options.form === 'positions') yield positionRow(options, index, id)
    else yield* ROWS[options.form](options, sceneFor(options, index), index, id)
  }
}

/** The first scene of an index's own sequence that belongs to the side. */
function sceneFor(options: ScenesOptions, index: number): Scene {
  const sampling: SceneOptions = {
    ...EVERYTHING,
    objects: options.objects,
    shapes: options.shapes,
    colours: options.colours,
    sizes: options.sizes,
    textures: options.textures,
    backgrounds: options.backgrounds,
    overlap: options.overlap,
    allows: options.splitBy === 'pairs' && options.side === 'train' ? o => !isHeldOutPair(o) : undefined,
  }
  for (let attempt = 0; ; attempt++) {
    const scene = sampleScene(options.seed + attempt * 2 ** 32, index, sampling)
    if (belongs(options, scene))
      return withWriting(scene, options, randomOf(options.seed, index, STREAM.writing))
  }
}

function belongs({ splitBy, side, objects }: ScenesOptions, scene: Scene): boolean {
  if (splitBy === 'pairs') return side === 'train' || scene.objects.some(isHeldOutPair)
  if (splitBy === 'relations') {
    const held = clearPairs(scene).some(p => isHeldOutRelation(p.a.shape, p.relation))
    // Where scenes may have one object only, there is no relation to hold out.
    return side === 'train' || objects[1] < 2 ? !held : held
  }
  return true
}

/** Whether a changed scene of training holds what was held out. */
const leaks = (options: ScenesOptions, scene: Scene): boolean =>
  options.side === 'train' &&
  (options.splitBy === 'pairs' ? scene.objects.some(isHeldOutPair) : !belongs(options, scene))

/** Words that false sentences may use: what training holds out is no more often false than true. */
const sayable = (options: ScenesOptions): Vocabulary => ({
  shapes: options.shapes,
  colours: options.colours,
  textures: options.textures,
  ...(options.splitBy === 'pairs' && options.side === 'train' && { allows: o => !isHeldOutPair(o) }),
})

type Rows = (options: ScenesOptions, scene: Scene, index: number, id: string) => Iterable<SceneRow>

const ROWS: Readonly<Record<Exclude<SceneRows, 'positions'>, Rows>> = {
  captions: (options, scene, index, id) => {
    const { seed, negatives, styles, placed, side } = options
    const random = randomOf(seed, index, STREAM.negatives)
    const found = negatives.flatMap(kind => hardPair(scene, kind, random, sayable(options))?.negative ?? [])
    const tells = side === 'test' || randomOf(seed, index, STREAM.placed).unit() < placed
    const captions = captionsOf(scene, randomOf(seed, index, STREAM.words), {
      styles,
      placed: tells,
      reads: options.reads,
    })
    return [
      {
        id,
        scene,
        captions,
        negatives: found.length > 0 ? found : [anyNegative(sayable(options), scene, random)],
      },
    ]
  },
  pairs: (options, scene, index, id) =>
    options.negatives.flatMap(kind => {
      const pair = numberedPair(options, scene, index, kind)
      if (!pair) return []
      return [{ id: `${id}-${kind}`, scene, captions: [pair.positive], negatives: [pair.negative], kind }]
    }),
  // True and false are equally likely for each row by itself, so that a blind guess earns half.
  statements: (options, scene, index, id) =>
    options.negatives.flatMap(kind => {
      const pair = numberedPair(options, scene, index, kind)
      if (!pair) return []
      const truth = randomOf(options.seed, index, STREAM.truth, NEGATIVE_KINDS.indexOf(kind)).unit() < 0.5
      const captions = [truth ? pair.positive : pair.negative]
      return [{ id: `${id}-${kind}`, scene, captions, kind, truth }]
    }),
  quads: (options, scene, index, id) =>
    QUAD_KINDS.flatMap((kind, k) => {
      const quad = quadOf(scene, kind, randomOf(options.seed, index, STREAM.quads, k))
      if (!quad || leaks(options, quad.scenes[1])) return []
      const [caption, other] = quad.captions
      const second = { scene: quad.scenes[1], caption: other }
      return [{ id: `${id}-${kind}`, scene, captions: [caption], kind, second }]
    }),
  questions: (options, scene, index, id) =>
    QUESTION_KINDS.flatMap((kind, k) => {
      const question = askAbout(scene, kind, randomOf(options.seed, index, STREAM.questions, k), options)
      return question ? [{ id: `${id}-${kind}`, scene, captions: [question.question], kind, question }] : []
    }),
  regions: (_, scene, __, id) =>
    scene.objects.map((object, k) => ({
      id: `${id}-${k}`,
      scene,
      captions: [regionCaption(object)],
      box: squareOf(object),
    })),
}

/** A false sentence where a scene offers none of the kinds asked for: another colour, or a thing that is not there. */
const anyNegative = (from: Vocabulary, scene: Scene, random: Random): string =>
  hardPair(scene, 'replace_attribute', random, from)?.negative ??
  say({ kind: 'thing', thing: random.pick(absentThings(scene, from)) })

/** The pair of a kind that a scene offers as a row of its own, the same in every form of rows. */
const numberedPair = (options: ScenesOptions, scene: Scene, index: number, kind: SceneNegative) =>
  hardPair(
    scene,
    kind,
    randomOf(options.seed, index, STREAM.negatives, NEGATIVE_KINDS.indexOf(kind)),
    sayable(options),
  )

/** Where PUG-style objects stand, and the middles of these places. */
export const POSITIONS = { left: [0.2, 0.5], right: [0.8, 0.5], top: [0.5, 0.2], bottom: [0.5, 0.8] } as const
type Position = keyof typeof POSITIONS
const OTHER_SIDE: Readonly<Record<Position, Position>> = {
  left: 'right',
  right: 'left',
  top: 'bottom',
  bottom: 'top',
}

/**
 * One object at one of four places, the factors in a grid: shape by colour by place by background. The negative says
 * the opposite place. Source: Bordes et al. 2023, "PUG: photorealistic and semantically controllable synthetic data"
 * (arXiv 2308.03977), in particular its SPAR.
 */
function positionRow(
  { seed, placed, side, shapes, colours, backgrounds }: ScenesOptions,
  index: number,
  id: string,
): SceneRow {
  const random = randomOf(seed, index, STREAM.grid)
  const cell = index % 2 ** 40
  const names = Object.keys(POSITIONS) as Position[]
  const digits = mixedRadix(cell, [names.length, shapes.length, colours.length, backgrounds.length])
  const position = names[digits[0]!]!
  const [x, y] = POSITIONS[position]
  const object: SceneObject = {
    shape: shapes[digits[1]!]!,
    colour: colours[digits[2]!]!,
    size: 'large',
    texture: 'plain',
    x: short(x + random.between(-0.03, 0.03)),
    y: short(y + random.between(-0.03, 0.03)),
    radius: SIZES.large,
    angle: short(random.between(-0.2, 0.2)),
  }
  const scene: Scene = {
    background: backgrounds[digits[3]!]!,
    look: random.below(4),
    objects: [object],
    camera: STRAIGHT,
  }
  const thing = { shape: object.shape, colour: object.colour }
  const at = (place: Position) => say({ kind: 'thing', thing, place: place as Place })
  const tells = side === 'test' || random.unit() < placed
  return {
    id,
    scene,
    captions: [tells ? at(position) : say({ kind: 'thing', thing })],
    negatives: [at(OTHER_SIDE[position])],
    kind: position === 'left' || position === 'right' ? 'left_right' : 'top_bottom',
  }
}

/** The digits of a number whose places have these sizes, the first running fastest. */
function mixedRadix(value: number, sizes: readonly number[]): number[] {
  let rest = value
  return sizes.map(size => {
    const digit = rest % size
    rest = Math.floor(rest / size)
    return digit
  })
}
