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

/** `image` float [B, H, W, 3] in 0–1, cropped to `size` and jittered with the scope's keys at `prefix`. */
export function augment(s: Scope, image: Var, p: Augmentation, size: number, prefix = ''): Var {
  const { b } = s
  const { cropScale, cropRatio, flip } = p
  const moved =
    cropScale < 1 || cropRatio > 1 || flip > 0
      ? randomResizedCrop(b, s.key(`${prefix}crop`), image, {
          outHeight: size,
          outWidth: size,
          scale: [cropScale, 1],
          ratio: [1 / cropRatio, cropRatio],
          flip,
        })
      : image
  const { brightness, contrast, saturation } = p
  if (brightness === 0 && contrast === 0 && saturation === 0) return moved
  return colourJitter(b, s.key(`${prefix}colour`), moved, { brightness, contrast, saturation })
}
