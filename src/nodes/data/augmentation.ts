import { type Scope, type Var, z } from '../../graph/kit.ts'
import { colourJitter, randomResizedCrop } from '../../nn/augment.ts'

/** Parameters of random changes of pictures while training. */
export const augmentParams = {
  cropScale: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Random crop while training: the least share of the area that is kept; 1 for no crop.'),
  cropRatio: z
    .number()
    .min(1)
    .max(4)
    .default(1)
    .describe('Random crop: the largest aspect ratio, either way.'),
  flip: z.number().min(0).max(1).default(0).describe('Probability of a horizontal flip while training.'),
  brightness: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Colour jitter: brightness changes by up to this share.'),
  contrast: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Colour jitter: contrast changes by up to this share.'),
  saturation: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Colour jitter: saturation changes by up to this share.'),
}

type Augmentation = z.infer<z.ZodObject<typeof augmentParams>>

/**
 * `image` float [B, H, W, 3] or [B, T, H, W, 3] in 0–1, cropped to `size` and jittered with the scope's keys at
 * `prefix`; the T frames of a clip alike.
 */
export function augment(s: Scope, image: Var, p: Augmentation, size: number, prefix = ''): Var {
  if (image.type.shape.length === 5) return augmentClips(s, image, p, size, prefix)
  return jitter(s, crop(s, image, p, size, prefix), p, prefix)
}

/** A crop treats frames as more channels, a jitter as one tall picture. */
function augmentClips(s: Scope, clips: Var, p: Augmentation, size: number, prefix: string): Var {
  const { b } = s
  const [batch, frames, height, width, channels] = clips.type.shape as [
    number,
    number,
    number,
    number,
    number,
  ]
  const wide = b.reshape(b.transpose(clips, [0, 2, 3, 1, 4]), [batch, height, width, frames * channels])
  const moved = b.reshape(crop(s, wide, p, size, prefix), [batch, size, size, frames, channels])
  const tall = b.reshape(b.transpose(moved, [0, 3, 1, 2, 4]), [batch, frames * size, size, channels])
  return b.reshape(jitter(s, tall, p, prefix), [batch, frames, size, size, channels])
}

function crop(s: Scope, image: Var, p: Augmentation, size: number, prefix: string): Var {
  const { cropScale, cropRatio, flip } = p
  if (cropScale === 1 && cropRatio === 1 && flip === 0) return image
  return randomResizedCrop(s.b, s.key(`${prefix}crop`), image, {
    outHeight: size,
    outWidth: size,
    scale: [cropScale, 1],
    ratio: [1 / cropRatio, cropRatio],
    flip,
  })
}

function jitter(s: Scope, image: Var, p: Augmentation, prefix: string): Var {
  const { brightness, contrast, saturation } = p
  if (brightness === 0 && contrast === 0 && saturation === 0) return image
  return colourJitter(s.b, s.key(`${prefix}colour`), image, { brightness, contrast, saturation })
}
