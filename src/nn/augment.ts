import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { adjustBrightness, adjustContrast, adjustSaturation } from './colour.ts'
import { uniform } from './random.ts'
import { cropResize, gaussianBlur } from './resample.ts'

/** Bytes u8 [...] to float32 in 0–1. */
export const toFloatImage = (b: Builder, image: Var): Var => b.div(b.convert(image, 'f32'), 255)

export interface RandomResizedCropOptions {
  readonly outHeight: number
  readonly outWidth: number
  /** Bounds of the share of the picture's area that is kept, in (0, 1]. */
  readonly scale: readonly [number, number]
  /** Bounds of the crop's width / height. */
  readonly ratio: readonly [number, number]
  /** Probability of a mirror image. */
  readonly flip: number
}

/**
 * A random box of each picture, resized: `image` float [B, H, W, C], key u32[2] → [B, outHeight, outWidth, C].
 * The box's share of the area is uniform within `scale`, its aspect ratio log-uniform within `ratio`, its place
 * uniform.
 *
 * As torchvision's RandomResizedCrop, with two differences that a compiled program asks for: a box that is wider
 * or higher than the picture is cut down to it (torchvision draws again), and boxes lie between pixels.
 * Source: Szegedy et al. 2015 (arXiv 1409.4842), section 6.
 */
export function randomResizedCrop(b: Builder, key: Var, image: Var, options: RandomResizedCropOptions): Var {
  const [batch, fullHeight, fullWidth] = image.type.shape as [number, number, number]
  const draws = uniform(b, key, [5, batch]) // one row for each choice
  const draw = (i: number): Var => b.reshape(b.sliceAxis(draws, 0, i, i + 1), [batch]) // [B] in [0, 1)
  const between = (u: Var, [low, high]: readonly [number, number]): Var => b.add(b.mul(u, high - low), low)

  const area = b.mul(between(draw(0), options.scale), fullHeight * fullWidth) // [B] in pixels
  const logRatio = between(draw(1), [Math.log(options.ratio[0]), Math.log(options.ratio[1])]) // [B]
  const side = b.sqrt(area) // [B] of a square of that area
  const stretch = b.exp(b.mul(logRatio, 0.5)) // [B] √(width / height)
  const width = b.min(b.mul(side, stretch), fullWidth) // [B]
  const height = b.min(b.div(side, stretch), fullHeight) // [B]
  const top = b.mul(draw(2), b.sub(fullHeight, height)) // [B]
  const left = b.mul(draw(3), b.sub(fullWidth, width)) // [B]
  const mirror = b.compare('LT', draw(4), options.flip) // [B]
  return cropResize(b, image, { top, left, height, width }, { ...options, mirror })
}

export interface ColourJitterOptions {
  /** A factor is uniform in [max(0, 1 - x), 1 + x]; 0 leaves that property alone. */
  readonly brightness: number
  readonly contrast: number
  readonly saturation: number
}

/**
 * Random brightness, then contrast, then saturation of each picture: `image` float [B, H, W, 3] in 0–1, key u32[2]
 * → the same shape in 0–1. As torchvision's ColorJitter, which also shuffles the order.
 */
export function colourJitter(b: Builder, key: Var, image: Var, options: ColourJitterOptions): Var {
  const batch = image.type.shape[0]!
  const draws = uniform(b, key, [3, batch])
  const changes = [
    [options.brightness, adjustBrightness],
    [options.contrast, adjustContrast],
    [options.saturation, adjustSaturation],
  ] as const
  return changes.reduce((x, [amount, adjust], i) => {
    if (amount === 0) return x
    const low = Math.max(0, 1 - amount)
    const u = b.reshape(b.sliceAxis(draws, 0, i, i + 1), [batch]) // [B]
    return adjust(b, x, b.add(b.mul(u, 1 + amount - low), low))
  }, image)
}

/** Each picture grey with probability `share`: `image` float [B, H, W, 3] in 0–1, key u32[2]; torchvision's RandomGrayscale. */
export function randomGrey(b: Builder, key: Var, image: Var, share: number): Var {
  const grey = b.compare('LT', uniform(b, key, [image.type.shape[0]!]), share)
  return adjustSaturation(b, image, b.select(grey, b.scalar('f32', 0), 1))
}

/** Standard deviation that leaves each pixel as it is. */
const SHARP = 0.01

/**
 * Each picture blurred with probability `share`, by a Gaussian whose standard deviation is uniform within `sigma`, in
 * pixels: `image` float [B, H, W, 3], key u32[2]. Source: Chen et al. 2020 (arXiv 2002.05709), appendix A.
 */
export function randomBlur(
  b: Builder,
  key: Var,
  image: Var,
  share: number,
  sigma: readonly [number, number],
): Var {
  const batch = image.type.shape[0]!
  const draws = uniform(b, key, [2, batch])
  const draw = (i: number): Var => b.reshape(b.sliceAxis(draws, 0, i, i + 1), [batch]) // [B]
  const width = b.add(b.mul(draw(0), sigma[1] - sigma[0]), sigma[0])
  return gaussianBlur(b, image, b.select(b.compare('LT', draw(1), share), width, SHARP))
}
