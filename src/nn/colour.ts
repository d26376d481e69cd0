import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { tensor } from '../ir/types.ts'

/**
 * Colour changes of pictures float [B, H, W, 3] in 0–1 by a factor for each picture, f32[B]; 1 changes nothing.
 * Each is a blend factor · picture + (1 - factor) · other, cut to 0–1, as in torchvision.transforms.functional.
 */

/** Against black. */
export const adjustBrightness = (b: Builder, image: Var, factor: Var): Var =>
  unit(b, b.mul(image, perPicture(b, factor)))

/** Against a plain picture of its mean luminance. */
export const adjustContrast = (b: Builder, image: Var, factor: Var): Var =>
  blend(b, image, b.reshape(b.mean(luminance(b, image), [1, 2, 3]), [factor.type.shape[0]!, 1, 1, 1]), factor)

/** Against its own greys. */
export const adjustSaturation = (b: Builder, image: Var, factor: Var): Var =>
  blend(b, image, luminance(b, image), factor)

/** ITU-R BT.601's shares of red, green and blue, to the digits that torchvision has. */
const LUMA = [0.2989, 0.587, 0.114]

/** [B, H, W, 3] → [B, H, W, 1] */
function luminance(b: Builder, image: Var): Var {
  const { dtype, shape } = image.type
  const weighted = b.mul(image, b.constant(tensor(dtype, [LUMA.length]), LUMA)) // [B, H, W, 3]
  return b.reshape(b.sum(weighted, [3]), [...shape.slice(0, 3), 1])
}

function blend(b: Builder, image: Var, other: Var, factor: Var): Var {
  const f = perPicture(b, factor)
  return unit(b, b.add(b.mul(image, f), b.mul(other, b.sub(1, f))))
}

const perPicture = (b: Builder, factor: Var): Var => b.reshape(factor, [factor.type.shape[0]!, 1, 1, 1])

const unit = (b: Builder, x: Var): Var => b.min(b.max(x, 0), 1)
