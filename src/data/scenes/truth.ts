import { distanceTo, inCamera, type Rendered, renderScene } from './render.ts'
import type { Scene, SceneObject } from './scene.ts'
import { ANCHORS } from './shapes.ts'

/** Pixels [left, right) × [top, bottom). */
export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export interface ObjectTruth {
  /** Where the object itself would be seen with nothing in front of it; undefined where it is outside the picture. */
  readonly box: Box | undefined
  /** Where some of it is seen. */
  readonly visibleBox: Box | undefined
  /** Share of the object's pixels that is seen. */
  readonly visible: number
  /** Runs of pixels that are not, and are, the object's, by turns, row by row: COCO's uncompressed RLE by rows. */
  readonly mask: readonly number[]
}

/** What each object of a scene covers at a size, from the back to the front. */
export function truthOf(
  scene: Scene,
  size: number,
  rendered: Rendered = renderScene(scene, size),
): ObjectTruth[] {
  return scene.objects.map((object, place) => {
    const whole = coveredBy(inCamera(object, scene.camera), size)
    const seen = (pixel: number): boolean => rendered.owners[pixel] === place
    const [all, shown] = [count(whole), rendered.owners.reduce((n, o) => n + (o === place ? 1 : 0), 0)]
    return {
      box: boxOf(size, pixel => whole[pixel] === 1),
      visibleBox: boxOf(size, seen),
      visible: all === 0 ? 0 : shown / all,
      mask: runsOf(size * size, seen),
    }
  })
}

/** A point of the object that lies well inside it, in the picture's unit square: where its colour can be read. */
export function anchorOf(object: SceneObject): readonly [x: number, y: number] {
  const [u, v] = ANCHORS[object.shape] ?? [0, 0]
  const [cos, sin] = [Math.cos(object.angle) * object.radius, Math.sin(object.angle) * object.radius]
  return [object.x + u * cos - v * sin, object.y + u * sin + v * cos]
}

/** 1 for the pixels whose middle the object covers, drawn alone. */
function coveredBy(object: SceneObject, size: number): Uint8Array {
  const covered = new Uint8Array(size * size)
  const distance = distanceTo(object, size)
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++)
      if (distance(column, row) <= 0) covered[row * size + column] = 1
  return covered
}

const count = (mask: Uint8Array): number => mask.reduce((n, v) => n + v, 0)

function boxOf(size: number, inside: (pixel: number) => boolean): Box | undefined {
  let [left, top, right, bottom] = [size, size, 0, 0]
  for (let pixel = 0; pixel < size * size; pixel++) {
    if (!inside(pixel)) continue
    const [column, row] = [pixel % size, Math.floor(pixel / size)]
    left = Math.min(left, column)
    right = Math.max(right, column + 1)
    top = Math.min(top, row)
    bottom = Math.max(bottom, row + 1)
  }
  return right > left ? { left, top, right, bottom } : undefined
}

function runsOf(length: number, inside: (pixel: number) => boolean): number[] {
  const runs: number[] = []
  let [value, run] = [false, 0]
  for (let pixel = 0; pixel < length; pixel++) {
    if (inside(pixel) === value) run++
    else {
      runs.push(run)
      value = !value
      run = 1
    }
  }
  runs.push(run)
  return runs
}

/** The pixels of a mask's runs, 1 where the object is. */
export function maskOf(runs: readonly number[]): Uint8Array {
  const mask = new Uint8Array(runs.reduce((a, b) => a + b, 0))
  let [at, value] = [0, 0]
  for (const run of runs) {
    mask.fill(value, at, at + run)
    at += run
    value = 1 - value
  }
  return mask
}
