import { randomOf } from './random.ts'
import type { Background, Rgb } from './vocabulary.ts'

/** The looks of each background: fine details that differ from scene to scene. */
export const LOOKS = 4

/** Colour of a point in the picture's unit square into `out`. */
type Paint = (x: number, y: number, out: Float64Array) => void

const set = (out: Float64Array, c: Rgb, light = 1): void => {
  out[0] = c[0] * light
  out[1] = c[1] * light
  out[2] = c[2] * light
}

const blend = (out: Float64Array, a: Rgb, b: Rgb, t: number): void => {
  for (let i = 0; i < 3; i++) out[i] = a[i]! + (b[i]! - a[i]!) * t
}

/** Smooth noise in [0, 1] on a grid of `cells` a side, four octaves. */
function noise(seed: number, cells: number): (x: number, y: number) => number {
  const side = 64
  const random = randomOf(seed, 7)
  const grid = Float32Array.from({ length: side * side }, () => random.unit())
  const once = (x: number, y: number): number => {
    const [ix, iy] = [Math.floor(x), Math.floor(y)]
    const [fx, fy] = [x - ix, y - iy]
    const [u, v] = [fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)]
    const at = (i: number, j: number) => grid[((j & 63) << 6) | (i & 63)]!
    const top = at(ix, iy) * (1 - u) + at(ix + 1, iy) * u
    const low = at(ix, iy + 1) * (1 - u) + at(ix + 1, iy + 1) * u
    return top * (1 - v) + low * v
  }
  return (x, y) => {
    let [sum, share, f] = [0, 0.5, cells]
    for (let octave = 0; octave < 4; octave++) {
      sum += share * once(x * f, y * f)
      share /= 2
      f *= 2
    }
    return sum / 0.9375
  }
}

function makePaint(background: Background, look: number): Paint {
  const grain = noise(look * 31 + background.length, 6)
  const fine = noise(look * 17 + background.length + 5, 24)
  switch (background) {
    case 'sky':
      return (x, y, out) => {
        blend(out, [96, 156, 222], [206, 228, 244], y)
        const cloud = Math.max(0, grain(x + look, y * 2) - 0.55) * 2.2
        for (let i = 0; i < 3; i++) out[i] = out[i]! + (255 - out[i]!) * Math.min(0.75, cloud)
      }
    case 'paper':
      return (x, y, out) => set(out, [232, 224, 206], 0.95 + 0.08 * fine(x, y))
    case 'grass':
      return (x, y, out) =>
        blend(out, [92, 128, 66], [146, 172, 96], fine(x * 2, y) * 0.7 + grain(x, y) * 0.3)
    case 'sand':
      return (x, y, out) =>
        set(out, [222, 196, 150], 0.9 + 0.1 * Math.sin(40 * y + 8 * grain(x, y)) * 0.5 + 0.08 * fine(x, y))
    case 'night':
      return (x, y, out) => {
        blend(out, [24, 28, 62], [66, 58, 104], y)
        const star = fine(x * 4 + look, y * 4)
        const shine = Math.max(0, star - 0.8) * 6
        for (let i = 0; i < 3; i++) out[i] = out[i]! + (255 - out[i]!) * Math.min(0.8, shine)
      }
    case 'tiles': {
      const count = 4 + look
      return (x, y, out) => {
        const [u, v] = [(x * count) % 1, (y * count) % 1]
        const edge = Math.min(u, v, 1 - u, 1 - v)
        const odd = (Math.floor(x * count) + Math.floor(y * count)) % 2
        if (edge < 0.035) set(out, [158, 162, 166])
        else set(out, odd ? [206, 212, 216] : [186, 194, 200], 0.98 + 0.04 * grain(x, y))
      }
    }
    case 'wood':
      return (x, y, out) => {
        const rings = Math.sin(26 * (y + 0.35 * grain(x * 0.4, y * 2) + 0.13 * look))
        const plank = (y * 4) % 1 < 0.02 ? 0.72 : 1
        blend(out, [156, 112, 70], [190, 146, 98], 0.5 + 0.4 * rings)
        for (let i = 0; i < 3; i++) out[i] = out[i]! * plank * (0.95 + 0.08 * fine(x, y * 3))
      }
    case 'slate':
      return (x, y, out) => set(out, [92, 104, 116], 0.82 + 0.3 * grain(x, y))
  }
}

const RESOLUTION = 512
const painted = new Map<string, Uint8Array>()

/**
 * uint8[size, size, 3] of a background without a camera: painted once a process and size, at up to four samples a
 * pixel so that fine patterns don't alias in small pictures.
 */
export function paintBackground(background: Background, look: number, size: number): Uint8Array {
  const key = `${background} ${look} ${size}`
  const known = painted.get(key)
  if (known) return known
  const paint = makePaint(background, look)
  const pixels = new Uint8Array(size * size * 3)
  const colour = new Float64Array(3)
  const samples = size < RESOLUTION / 2 ? 3 : 2
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      let [red, green, blue] = [0, 0, 0]
      for (let s = 0; s < samples * samples; s++) {
        const dx = ((s % samples) + 0.5) / samples
        const dy = (Math.floor(s / samples) + 0.5) / samples
        paint((column + dx) / size, (row + dy) / size, colour)
        red += colour[0]!
        green += colour[1]!
        blue += colour[2]!
      }
      const at = (row * size + column) * 3
      const share = 1 / (samples * samples)
      pixels[at] = Math.min(255, red * share + 0.5)
      pixels[at + 1] = Math.min(255, green * share + 0.5)
      pixels[at + 2] = Math.min(255, blue * share + 0.5)
    }
  painted.set(key, pixels)
  return pixels
}

/** Colour of a point that a moved camera sees, also outside the unit square, which repeats mirrored. */
export function backgroundAt(background: Background, look: number): Paint {
  const pixels = paintBackground(background, look, RESOLUTION)
  const mirror = (v: number): number => {
    const w = Math.abs(v) % 2
    return w > 1 ? 2 - w : w
  }
  return (x, y, out) => {
    const column = Math.min(RESOLUTION - 1, Math.floor(mirror(x) * RESOLUTION))
    const row = Math.min(RESOLUTION - 1, Math.floor(mirror(y) * RESOLUTION))
    const at = (row * RESOLUTION + column) * 3
    for (let i = 0; i < 3; i++) out[i] = pixels[at + i]!
  }
}
