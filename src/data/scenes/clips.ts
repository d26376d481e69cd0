import { LOOKS } from './backgrounds.ts'
import { type Random, randomOf } from './random.ts'
import type { SceneOptions } from './sample.ts'
import { type Scene, type SceneObject, STRAIGHT } from './scene.ts'
import { SIZES } from './vocabulary.ts'

export const EVENTS = ['falling', 'collision', 'occlusion', 'containment'] as const
export type Event = (typeof EVENTS)[number]

/** Moments of a small world, with an ending that can or can't happen. */
export interface Clip {
  readonly event: Event
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

/**
 * The clip of one index: a pure function of its arguments. The possible and the impossible clip of one index are equal
 * up to the moment that breaks, as in the violation-of-expectation tests of infants and of IntPhys.
 *
 * Source: Riochet et al. 2018, "IntPhys" (arXiv 1803.07616), section 3.
 */
export function sampleClip(
  seed: number,
  index: number,
  event: Event,
  possible: boolean,
  options: ClipOptions,
): Clip {
  const random = randomOf(seed, index, EVENTS.indexOf(event), 11)
  const world = { background: random.pick(options.backgrounds), look: random.below(LOOKS), camera: STRAIGHT }
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

const thing = (random: Random, options: ClipOptions, size: SceneObject['size']): SceneObject => ({
  shape: random.pick(options.shapes),
  colour: random.pick(options.colours),
  size,
  texture: 'plain',
  x: 0.5,
  y: 0.5,
  radius: SIZES[size],
  angle: 0,
})

/** Where a thing that is dropped at `top` is at time t: it falls and bounces on the floor at `ground`. */
export function dropped(top: number, ground: number, time: number): number {
  let [left, speed, y] = [time * 1.2, 0, top]
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

const MAKERS: Readonly<Record<Event, Maker>> = {
  /** A thing falls to the floor; impossibly it stops in the air or falls upwards. */
  falling: (random, options, possible) => {
    const object = thing(random, options, 'medium')
    const [x, top] = [random.between(0.25, 0.75), random.between(0.14, 0.24)]
    const ground = FLOOR - object.radius
    const breaks = random.between(0.22, 0.3)
    const held = dropped(top, ground, breaks)
    const upwards = random.unit() < 0.5
    const odd = (t: number): number => (upwards ? held - (t - breaks) * 0.8 : held)
    return {
      breaks,
      at: t => [{ ...object, x, y: possible || t <= breaks ? dropped(top, ground, t) : odd(t) }],
    }
  },
  /** One thing rolls into another at rest and stops while the other rolls on; impossibly they pass through. */
  collision: (random, options, possible) => {
    const [a, b] = [thing(random, options, 'medium'), thing(random, options, 'medium')]
    const y = random.between(0.4, 0.7)
    const [from, stands, speed] = [0.12, random.between(0.46, 0.54), 0.9]
    const touch = stands - a.radius - b.radius
    const breaks = (touch - from) / speed
    return {
      breaks,
      at: t => {
        const after = Math.max(0, t - breaks) * speed
        const [ax, bx] = possible
          ? [Math.min(from + t * speed, touch), stands + after]
          : [from + t * speed, stands]
        return [
          { ...b, x: bx, y },
          { ...a, x: ax, y, angle: ax / a.radius },
        ]
      },
    }
  },
  /** A thing goes behind a wall and comes out on the other side; impossibly it never does. */
  occlusion: (random, options, possible) => {
    const object = thing(random, options, 'small')
    const wall: SceneObject = { ...thing(random, options, 'large'), shape: 'square', x: 0.5, radius: 0.2 }
    const y = random.between(0.35, 0.65)
    const x = (t: number): number => 0.08 + t * 0.84
    const breaks = (0.5 - 0.08) / 0.84
    return {
      breaks,
      at: t => {
        const screen = { ...wall, y }
        return possible || t <= breaks ? [{ ...object, x: x(t), y }, screen] : [screen]
      },
    }
  },
  /** A box comes down over a thing and is moved aside with it; impossibly the thing is left behind. */
  containment: (random, options, possible) => {
    const object = thing(random, options, 'small')
    const box: SceneObject = { ...thing(random, options, 'large'), shape: 'square', radius: 0.14 }
    const [y, x] = [FLOOR - 0.14, random.between(0.26, 0.36)]
    const [lowered, moves] = [0.35, 0.5]
    const shift = (t: number): number => Math.max(0, t - moves) * 0.7
    return {
      breaks: moves,
      at: t => {
        const down = Math.min(1, t / lowered)
        const inside = { ...object, x: x + (possible ? shift(t) : 0), y: FLOOR - object.radius }
        return [inside, { ...box, x: x + shift(t), y: 0.2 + (y - 0.2) * down * down }]
      },
    }
  },
}

/** A scene from `frames` places of a camera that moves from one view to another: the same things, seen anew. */
export function sweep(scene: Scene, frames: number, seed: number, index: number): readonly Scene[] {
  const random = randomOf(seed, index, 13)
  const view = () => ({
    x: random.between(0.4, 0.6),
    y: random.between(0.4, 0.6),
    zoom: random.between(0.85, 1.3),
    angle: random.between(-0.25, 0.25),
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
