import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { showType, tensor } from '../ir/types.ts'
import { softmax } from './softmax.ts'

/** A rectangle for each picture, f32[B] each, in pixels from the top left edge of the picture. */
export interface Boxes {
  readonly top: Var
  readonly left: Var
  readonly height: Var
  readonly width: Var
}

export interface CropOptions {
  readonly outHeight: number
  readonly outWidth: number
  /** bool [B]: which results are mirrored left to right. */
  readonly mirror?: Var
}

/**
 * The boxes of `image` float [B, H, W, C], read by bilinear interpolation: [B, outHeight, outWidth, C].
 *
 * Sample i of n along an axis reads at start + (i + ½) · size / n - ½, and past the picture's border the border
 * repeats (torch's grid_sample with align_corners=False, padding_mode='border'). Interpolation is linear in the
 * pixels, so it is two matrix products with weights max(0, 1 - |place - pixel|). There is no anti-aliasing: boxes
 * should not be much larger than the result.
 */
export function cropResize(b: Builder, image: Var, boxes: Boxes, options: CropOptions): Var {
  const [, height, width] = pictures(b, image)
  const rows = bilinearWeights(b, boxes.top, boxes.height, height, options.outHeight) // [B, h, H]
  const columns = bilinearWeights(b, boxes.left, boxes.width, width, options.outWidth, options.mirror) // [B, w, W]
  return resample(b, image, rows, columns) // [B, h, w, C]
}

/** Weights float [B, n, size] of `size` pixels in each of `n` samples of an axis, from f32[B] in pixels. */
function bilinearWeights(b: Builder, start: Var, extent: Var, size: number, n: number, mirror?: Var): Var {
  const batch = start.type.shape[0]!
  const column = (x: Var): Var => b.reshape(x, [batch, 1])
  const centre = b.add(b.iota('f32', [1, n], 1), 0.5) // [1, n]
  const turned = mirror ? b.select(column(mirror), b.sub(n, centre), centre) : centre // [B, n]
  const place = b.sub(b.add(column(start), b.mul(turned, b.mul(column(extent), 1 / n))), 0.5) // [B, n]
  const inside = b.min(b.max(place, 0), size - 1) // [B, n]
  const distance = b.abs(b.sub(b.reshape(inside, [batch, n, 1]), b.iota('f32', [1, 1, size], 2))) // [B, n, size]
  return b.max(b.sub(1, distance), 0)
}

/**
 * `image` float [B, H, W, C] at another size, bilinear and anti-aliased where it shrinks: torchvision's `resize`
 * with antialias=True, which is Pillow's too.
 */
export function resizeBilinear(b: Builder, image: Var, outHeight: number, outWidth: number): Var {
  const [batch, height, width] = pictures(b, image)
  if (height === outHeight && width === outWidth) return image
  const weights = (size: number, n: number): Var => {
    const type = tensor(image.type.dtype, [n, size])
    return b.broadcastTo(b.constant(type, triangleWeights(size, n)), [batch, n, size])
  }
  return resample(b, image, weights(height, outHeight), weights(width, outWidth))
}

/** Row-major [n, size]: a triangle around each sample, as wide as a sample where the axis shrinks, of sum 1. */
function triangleWeights(size: number, n: number): number[] {
  const ratio = size / n
  const reach = Math.max(1, ratio)
  const pixels = Array.from({ length: size }, (_, j) => j)
  return Array.from({ length: n }, (_, i) => {
    const place = (i + 0.5) * ratio - 0.5
    const row = pixels.map(j => Math.max(0, 1 - Math.abs(place - j) / reach))
    const total = row.reduce((x, y) => x + y)
    return row.map(w => w / total)
  }).flat()
}

/**
 * `image` float [B, H, W, C] blurred by a Gaussian of standard deviation `sigma` f32[B], in pixels, above 0. Near the
 * border the weights inside the picture make up the whole.
 */
export function gaussianBlur(b: Builder, image: Var, sigma: Var): Var {
  const [batch, height, width] = pictures(b, image)
  const sharpness = b.div(-0.5, b.reshape(b.mul(sigma, sigma), [batch, 1, 1]))
  const weights = (size: number): Var => {
    const gap = b.sub(b.iota('f32', [1, size, size], 1), b.iota('f32', [1, size, size], 2))
    return softmax(b, b.mul(b.mul(gap, gap), sharpness)) // [B, size, size]
  }
  return resample(b, image, weights(height), weights(width))
}

/** `image` [B, H, W, C] by `rows` [B, h, H] and `columns` [B, w, W] → [B, h, w, C]. */
function resample(b: Builder, image: Var, rows: Var, columns: Var): Var {
  const [batch, height, width, channels] = pictures(b, image)
  const outHeight = rows.type.shape[1]!
  const lines = b.reshape(image, [batch, height, width * channels]) // [B, H, W·C]
  const fewer = b.dotGeneral(rows, lines, {
    lhsBatch: [0],
    rhsBatch: [0],
    lhsContract: [2],
    rhsContract: [1],
  }) // [B, h, W·C]
  const turned = b.dotGeneral(columns, b.reshape(fewer, [batch, outHeight, width, channels]), {
    lhsBatch: [0],
    rhsBatch: [0],
    lhsContract: [2],
    rhsContract: [2],
  }) // [B, w, h, C]
  return b.transpose(turned, [0, 2, 1, 3]) // [B, h, w, C]
}

function pictures(b: Builder, image: Var): [number, number, number, number] {
  const { shape } = image.type
  if (shape.length !== 4)
    throw new BuildError(
      `pictures are [batch, height, width, channel], got ${showType(image.type)}`,
      b.currentOrigin,
    )
  return shape as unknown as [number, number, number, number]
}
