import { backgroundAt, paintBackground } from './backgrounds.ts'
import { drawLettering } from './lettering.ts'
import type { Camera, Scene, SceneObject } from './scene.ts'
import { DISTANCES } from './shapes.ts'
import { COLOURS, type Rgb } from './vocabulary.ts'

/** Nothing is in front of the background here. */
const NO_OBJECT = 255

export interface Rendered {
  /** uint8[size, size, 3], sRGB. */
  readonly pixels: Uint8Array
  /** uint8[size, size]: which object covers most of each pixel, by its place in the scene; 255 for none. */
  readonly owners: Uint8Array
}

/** Renders a scene at `size` × `size` pixels. The same scene gives the same bytes. */
export function renderScene(scene: Scene, size: number): Rendered {
  const pixels = new Uint8Array(size * size * 3)
  const owners = new Uint8Array(size * size).fill(NO_OBJECT)
  fillBackground(scene, size, pixels)
  if (scene.floor !== undefined) layFloor(pixels, size, scene.floor)
  const canvas: Canvas = { pixels, owners, size }
  scene.objects.forEach((object, place) => {
    const seen = inCamera(object, scene.camera)
    dropShadow(canvas, seen)
    drawObject(canvas, seen, place)
  })
  if (scene.lettering) drawLettering(pixels, size, scene.lettering)
  return { pixels, owners }
}

interface Canvas {
  readonly pixels: Uint8Array
  readonly owners: Uint8Array
  readonly size: number
}

function fillBackground({ background, look, camera }: Scene, size: number, pixels: Uint8Array): void {
  if (camera.zoom === 1 && camera.angle === 0 && camera.x === 0.5 && camera.y === 0.5) {
    pixels.set(paintBackground(background, look, size))
    return
  }
  const paint = backgroundAt(background, look)
  const colour = new Float64Array(3)
  const [cos, sin] = [Math.cos(camera.angle) / camera.zoom, Math.sin(camera.angle) / camera.zoom]
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const [dx, dy] = [(column + 0.5) / size - 0.5, (row + 0.5) / size - 0.5]
      paint(camera.x + dx * cos - dy * sin, camera.y + dx * sin + dy * cos, colour)
      pixels.set(colour, (row * size + column) * 3)
    }
}

const GROUND = { kept: 0.66, edge: 0.5, width: 0.012 }

/** Darkens the picture below a height, with a darker edge; a row of pixels by the share of it that lies below. */
function layFloor(pixels: Uint8Array, size: number, floor: number): void {
  const below = (row: number, from: number): number => Math.min(1, Math.max(0, row + 1 - from * size))
  for (let row = 0; row < size; row++) {
    const ground = below(row, floor)
    const edge = ground - below(row, floor + GROUND.width)
    const kept = 1 - (1 - GROUND.kept) * (ground - edge) - (1 - GROUND.edge) * edge
    if (kept === 1) continue
    for (let at = row * size * 3; at < (row + 1) * size * 3; at++) pixels[at] = pixels[at]! * kept
  }
}

/** The object as the camera's picture holds it. */
export function inCamera(object: SceneObject, camera: Camera): SceneObject {
  const [dx, dy] = [object.x - camera.x, object.y - camera.y]
  const [cos, sin] = [Math.cos(camera.angle) * camera.zoom, Math.sin(camera.angle) * camera.zoom]
  return {
    ...object,
    x: 0.5 + dx * cos + dy * sin,
    y: 0.5 - dx * sin + dy * cos,
    radius: object.radius * camera.zoom,
    angle: object.angle - camera.angle,
  }
}

/** The pixels around an object, with a margin in pixels; none where it is outside the picture. */
function windowOf(object: SceneObject, size: number, margin: number) {
  const reach = object.radius * Math.SQRT2 * size + margin
  const [x, y] = [object.x * size, object.y * size]
  return {
    left: Math.max(0, Math.floor(x - reach)),
    right: Math.min(size, Math.ceil(x + reach)),
    top: Math.max(0, Math.floor(y - reach)),
    bottom: Math.min(size, Math.ceil(y + reach)),
  }
}

/** Signed distance in pixels from the middle of a pixel to the object's edge. */
export function distanceTo(object: SceneObject, size: number): (column: number, row: number) => number {
  const distance = DISTANCES[object.shape]
  const radius = object.radius * size
  const [cos, sin] = [Math.cos(object.angle) / radius, Math.sin(object.angle) / radius]
  const [x, y] = [object.x * size - 0.5, object.y * size - 0.5]
  return (column, row) => {
    const [dx, dy] = [column - x, row - y]
    return distance(dx * cos + dy * sin, dy * cos - dx * sin) * radius
  }
}

/** Share of a pixel that lies inside an edge at this signed distance from its middle. */
const coverage = (distance: number): number => (distance <= -0.5 ? 1 : distance >= 0.5 ? 0 : 0.5 - distance)

const SHADOW = { away: 0.022, soft: 0.03, dark: 0.34 }

function dropShadow({ pixels, size }: Canvas, object: SceneObject): void {
  const cast = { ...object, x: object.x + SHADOW.away, y: object.y + SHADOW.away * 1.4 }
  const soft = SHADOW.soft * size
  const { left, right, top, bottom } = windowOf(cast, size, soft)
  const distance = distanceTo(cast, size)
  for (let row = top; row < bottom; row++)
    for (let column = left; column < right; column++) {
      const depth = (soft / 2 - distance(column, row)) / soft
      if (depth <= 0) continue
      const t = depth < 1 ? depth * depth * (3 - 2 * depth) : 1
      const kept = 1 - SHADOW.dark * t
      const at = (row * size + column) * 3
      pixels[at] = pixels[at]! * kept
      pixels[at + 1] = pixels[at + 1]! * kept
      pixels[at + 2] = pixels[at + 2]! * kept
    }
}

/** The light comes from the upper left, towards the viewer. */
const LIGHT = { x: -0.45, y: -0.62, z: 0.64 }
/** Share of the radius over which an edge is rounded off. */
const BEVEL = 0.38

let scratch = new Float32Array(0)

function drawObject({ pixels, owners, size }: Canvas, object: SceneObject, place: number): void {
  const { left, right, top, bottom } = windowOf(object, size, 2)
  const [width, height] = [right - left, bottom - top]
  if (width < 3 || height < 3) return
  if (scratch.length < width * height) scratch = new Float32Array(width * height)
  const field = scratch
  const distance = distanceTo(object, size)
  for (let j = 0; j < height; j++)
    for (let i = 0; i < width; i++) field[j * width + i] = distance(left + i, top + j)

  const texture = textureOf(object, size)
  const [red, green, blue]: Rgb = COLOURS[object.colour]
  const bevel = BEVEL * object.radius * size
  for (let j = 0; j < height; j++)
    for (let i = 0; i < width; i++) {
      const d = field[j * width + i]!
      const share = coverage(d)
      if (share === 0) continue
      // The surface rises from the edge like a quarter circle; its slope is along the distance's gradient.
      const inner = 1 + Math.min(0, Math.max(-bevel, d)) / bevel
      const slope = inner >= 1 ? 0.98 : inner
      const [right1, left1] = [i + 1 < width ? i + 1 : i, i > 0 ? i - 1 : i]
      const [down1, up1] = [j + 1 < height ? j + 1 : j, j > 0 ? j - 1 : j]
      const gx = (field[j * width + right1]! - field[j * width + left1]!) / (right1 - left1)
      const gy = (field[down1 * width + i]! - field[up1 * width + i]!) / (down1 - up1)
      const nz = Math.sqrt(1 - slope * slope * 0.9)
      const facing = LIGHT.x * gx * slope + LIGHT.y * gy * slope + LIGHT.z * nz
      const light = 0.62 + 0.6 * Math.max(0, facing)
      const shine = facing > 0.93 ? (facing - 0.93) * 900 : 0
      const tone = light * texture(left + i, top + j)
      const at = ((top + j) * size + left + i) * 3
      pixels[at] = pixels[at]! * (1 - share) + Math.min(255, red * tone + shine) * share
      pixels[at + 1] = pixels[at + 1]! * (1 - share) + Math.min(255, green * tone + shine) * share
      pixels[at + 2] = pixels[at + 2]! * (1 - share) + Math.min(255, blue * tone + shine) * share
      if (share >= 0.5) owners[(top + j) * size + left + i] = place
    }
}

/** Marks of a texture: how bright a pixel is. The middle of an object is always unmarked. */
function textureOf(object: SceneObject, size: number): (column: number, row: number) => number {
  if (object.texture === 'plain') return () => 1
  const scale = 1 / (object.radius * size)
  const [cos, sin] = [Math.cos(object.angle + 0.6) * scale, Math.sin(object.angle + 0.6) * scale]
  const [x, y] = [object.x * size - 0.5, object.y * size - 0.5]
  const dark = object.colour === 'black' ? 2.6 : 0.58
  const edge = 3 * scale
  const mark = (d: number): number => 1 + (dark - 1) * Math.min(1, Math.max(0, 0.5 - d / edge))
  if (object.texture === 'striped')
    return (column, row) => {
      const u = (column - x) * cos + (row - y) * sin
      return mark(0.11 - Math.abs(wrap(u, 0.44)))
    }
  return (column, row) => {
    const [dx, dy] = [column - x, row - y]
    const [u, v] = [wrap(dx * cos + dy * sin + 0.22, 0.44), wrap(dy * cos - dx * sin + 0.22, 0.44)]
    return mark(Math.sqrt(u * u + v * v) - 0.13)
  }
}

/** The offset from the nearest multiple of `period`. */
const wrap = (v: number, period: number): number => v - Math.round(v / period) * period
