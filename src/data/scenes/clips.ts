import type { ClipEvent } from '../../graph/scenes.ts'
import { LOOKS } from './backgrounds.ts'
import { type Random, randomOf } from './random.ts'
import type { SceneOptions } from './sample.ts'
import { type Scene, type SceneObject, STRAIGHT } from './scene.ts'
import { extentOf } from './shapes.ts'
import { SIZES } from './vocabulary.ts'

/** All events, in the order of their class indices. */
export const EVENTS = [
  'falling',
  'collision',
  'occlusion',
  'containment',
] as const satisfies readonly ClipEvent[]

/** Moments of a small world, with an ending that can or can't happen. */
export interface Clip {
  readonly event: ClipEvent
  /** Whether the ending can happen. */
  readonly possible: boolean
  readonly frames: readonly Scene[]
  /** The first frame in which an impossible clip differs from the possible one of the same index; else undefined. */
  readonly breaksAt: number | undefined
}

export interface ClipOptions extends Pick<SceneOptions, 'shapes' | 'colours' | 'backgrounds'> {
  readonly frames: number
}

/** Shares of the picture's side, times in shares of a clip. */
const FLOOR = 0.86
const GRAVITY = 2.6
/** What is kept of a speed when a thing bounces. */
const BOUNCE = 0.45
/** Time units of gravity in a clip. */
const LASTS = 1.7
/** Things that leave stay this far inside the picture. */
const MARGIN = 0.03

/**
 * The clip of one index: a pure function of its arguments. The possible and the impossible clip of one index are equal
 * up to the moment that breaks, as in the violation-of-expectation tests of infants and of IntPhys.
 *
 * Source: Riochet et al. 2018, "IntPhys" (arXiv 1803.07616).
 */
export function sampleClip(
  seed: number,
  index: number,
  event: ClipEvent,
  possible: boolean,
  options: ClipOptions,
): Clip {
  const random = randomOf(seed, index, EVENTS.indexOf(event), 11)
  const world = {
    background: random.pick(options.backgrounds),
    look: random.below(LOOKS),
    camera: STRAIGHT,
    floor: FLOOR,
  }
  const { at, breaks } = MAKERS[event](random, options, possible)
  const times = Array.from({ length: options.frames }, (_, i) => i / Math.max(1, options.frames - 1))
  const first = times.findIndex(t => t > breaks)
  return {
    event,
    possible,
    frames: times.map(t => ({ ...world, objects: at(t) })),
    breaksAt: possible || first < 0 ? undefined : first,
  }
}

interface Motion {
  /** The objects at a time in [0, 1], from the back to the front. */
  readonly at: (time: number) => readonly SceneObject[]
  /** From when on an impossible clip differs. */
  readonly breaks: number
}

type Maker = (random: Random, options: ClipOptions, possible: boolean) => Motion

/** A thing that stands on the floor; of a colour that `beside` has not, where there is another. */
function thing(
  random: Random,
  options: ClipOptions,
  { size, beside, shape }: Pick<SceneObject, 'size'> & { beside?: SceneObject; shape?: SceneObject['shape'] },
): SceneObject {
  const colours = options.colours.filter(c => c !== beside?.colour)
  const object: SceneObject = {
    shape: shape ?? random.pick(options.shapes),
    colour: random.pick(colours.length > 0 ? colours : options.colours),
    size,
    texture: 'plain',
    x: 0.5,
    y: 0.5,
    radius: SIZES[size],
    angle: 0,
  }
  return standing(object)
}

const standing = (object: SceneObject): SceneObject => ({
  ...object,
  y: FLOOR - object.radius * extentOf(object.shape).bottom,
})

/** Where a thing that is dropped at `top` is at time t: it falls and bounces on the floor at `ground`. */
export function dropped(top: number, ground: number, time: number): number {
  let [left, speed, y] = [time * LASTS, 0, top]
  for (let bounce = 0; bounce < 12; bounce++) {
    // Solve y + v t + g t² / 2 = ground for the next touch.
    const touch = (-speed + Math.sqrt(speed * speed + 2 * GRAVITY * (ground - y))) / GRAVITY
    if (left <= touch) return Math.min(ground, y + speed * left + (GRAVITY * left * left) / 2)
    left -= touch
    speed = -(speed + GRAVITY * touch) * BOUNCE
    y = ground
    if (-speed < 0.05) return ground
  }
  return ground
}

const MAKERS: Readonly<Record<ClipEvent, Maker>> = {
  /** A thing falls to the floor; impossibly it stops in the air or rises. */
  falling: (random, options, possible) => {
    const object = thing(random, options, { size: 'medium' })
    const [x, top] = [random.between(0.25, 0.75), random.between(0.16, 0.24)]
    const breaks = random.between(0.22, 0.3)
    const held = dropped(top, object.y, breaks)
    const upwards = random.unit() < 0.5
    const highest = object.radius + MARGIN
    const odd = (t: number): number => (upwards ? Math.max(highest, held - (t - breaks) * 0.9) : held)
    return {
      breaks,
      at: t => [{ ...object, x, y: possible || t <= breaks ? dropped(top, object.y, t) : odd(t) }],
    }
  },
  /** One thing slides into another at rest and stops, the other slides on; impossibly it passes through. */
  collision: (random, options, possible) => {
    const a = thing(random, options, { size: 'small' })
    const b = thing(random, options, { size: 'small', beside: a })
    const [from, stands, speed] = [0.14, random.between(0.52, 0.6), 0.72]
    const reach = a.radius * extentOf(a.shape).right + b.radius * extentOf(b.shape).right
    const breaks = (stands - reach - from) / speed
    const free = 1 - MARGIN - b.radius - stands
    return {
      breaks,
      at: t => {
        const after = Math.max(0, t - breaks) / (1 - breaks)
        const [ax, bx] = possible
          ? [Math.min(from + t * speed, stands - reach), stands + free * after * (2 - after)]
          : [from + t * speed, stands]
        return [
          { ...b, x: bx },
          { ...a, x: ax },
        ]
      },
    }
  },
  /** A thing goes behind a wall and comes out on the other side; impossibly it never does. */
  occlusion: (random, options, possible) => {
    const object = thing(random, options, { size: 'small' })
    const wall = {
      ...thing(random, options, { size: 'large', beside: object, shape: 'square' }),
      radius: 0.2,
    }
    const x = (t: number): number => 0.12 + t * 0.76
    const breaks = (0.5 - 0.12) / 0.76
    const screen = standing({ ...wall, x: random.between(0.48, 0.52) })
    return {
      breaks,
      at: t => (possible || t <= breaks ? [{ ...object, x: x(t) }, screen] : [screen]),
    }
  },
  /** A box comes down over a thing and is moved aside with it; impossibly the thing is left behind. */
  containment: (random, options, possible) => {
    const object = thing(random, options, { size: 'small' })
    const box = standing({
      ...thing(random, options, { size: 'large', beside: object, shape: 'square' }),
      radius: 0.14,
    })
    const x = random.between(0.24, 0.34)
    const [lowered, moves] = [0.35, 0.5]
    const shift = (t: number): number => Math.max(0, t - moves) * 0.8
    return {
      breaks: moves,
      at: t => {
        const down = Math.min(1, t / lowered)
        return [
          { ...object, x: x + (possible ? shift(t) : 0) },
          { ...box, x: x + shift(t), y: 0.2 + (box.y - 0.2) * down * down },
        ]
      },
    }
  },
}

/** A scene from `frames` places of a camera that moves from one view to another: the same things, seen anew. */
export function sweep(scene: Scene, frames: number, seed: number, index: number): readonly Scene[] {
  const random = randomOf(seed, index, 13)
  const view = () => ({
    x: random.between(0.42, 0.58),
    y: random.between(0.42, 0.58),
    zoom: random.between(0.7, 1),
    angle: random.between(-0.3, 0.3),
  })
  const [from, to] = [view(), view()]
  const mix = (a: number, b: number, t: number) => a + (b - a) * t
  return Array.from({ length: frames }, (_, i) => {
    const t = i / Math.max(1, frames - 1)
    const camera = {
      x: mix(from.x, to.x, t),
      y: mix(from.y, to.y, t),
      zoom: mix(from.zoom, to.zoom, t),
      angle: mix(from.angle, to.angle, t),
    }
    return { ...scene, camera }
  })
}
