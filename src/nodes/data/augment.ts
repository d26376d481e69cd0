import { GraphFault } from '../../graph/diagnostic.ts'
import { asVar, defineDevice, port, z } from '../../graph/kit.ts'
import { dim, tensorPort } from '../../graph/types.ts'
import { randomBlur, randomGrey } from '../../nn/augment.ts'
import { resizeBilinear } from '../../nn/resample.ts'
import { augmentParams, augment as change } from './augmentation.ts'

export const augment = defineDevice({
  type: 'data.augment',
  version: 1,
  title: 'Augment pictures',
  category: 'data',
  doc: `A random view of each picture while training, as a Batch makes one, with keys of its own: several of these over
one wire are independent views of the same pictures, each as strong as its settings. Evaluations see the picture
unchanged, but for its size.

Crop, then flip, then colour jitter as in Batch; then with probability \`greyscale\` the picture loses its colours, and with
probability \`blur\` it is blurred by a Gaussian of $\\sigma \\sim U(0.1, 2)$ pixels for every 64 of its side. Views of a picture that a Batch has cropped already are crops of that crop: let the Batch leave the pictures alone.

Source: views: Chen et al. 2020 (arXiv 2002.05709), section 3; torchvision's RandomResizedCrop, ColorJitter and
RandomGrayscale.`,
  params: z.strictObject({
    size: z
      .int()
      .min(0)
      .max(2048)
      .default(0)
      .describe('Side of the view, in pixels; 0 for that of the picture.'),
    ...augmentParams,
    greyscale: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('Probability of a picture without colour while training.'),
    blur: z.number().min(0).max(1).default(0).describe('Probability of a blurred picture while training.'),
  }),
  inputs: {
    image: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', 'height', 'width', 'channel'] },
      doc: 'Pictures in 0–1.',
    },
  },
  types: (p, inputs) => {
    const [rows, height, width, channel] = port(inputs, 'image', 'tensor').dims
    if (p.size === 0 && height!.size !== width!.size)
      throw new GraphFault('DT052', `a view of ${height!.size} × ${width!.size} pixels is not square`, {
        field: 'params.size',
        hint: 'Give the view a size.',
      })
    const side = p.size || height!.size
    return { image: tensorPort('float', rows!, dim('height', side), dim('width', side), channel!) }
  },
  precise: true,
  build: (s, p, inputs) => {
    const { b } = s
    const image = asVar(inputs.image, 'image')
    const side = p.size || image.type.shape[1]!
    if (s.mode === 'eval') return { image: resizeBilinear(b, image, side, side) }
    const cropped = p.cropScale < 1 || p.cropRatio > 1 || p.flip > 0
    const view = change(s, cropped ? image : resizeBilinear(b, image, side, side), p, side)
    const grey = p.greyscale > 0 ? randomGrey(b, s.key('greyscale'), view, p.greyscale) : view
    if (p.blur === 0) return { image: grey }
    const widths = [0.1, 2].map(v => (v * side) / 64) as [number, number]
    return { image: randomBlur(b, s.key('blur'), grey, p.blur, widths) }
  },
})
