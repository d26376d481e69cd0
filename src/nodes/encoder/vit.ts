import { GraphFault } from '../../graph/diagnostic.ts'
import { asVar, defineDevice, port, precisionParam, weightParams, z } from '../../graph/kit.ts'
import { dim, tensorPort } from '../../graph/types.ts'
import { visionTransformer } from '../../nn/vit.ts'
import { allValid, featPort } from '../feat.ts'

export const vit = defineDevice({
  type: 'encoder.vit',
  version: 1,
  title: 'ViT image encoder',
  category: 'encoder',
  doc: `A vision transformer. The picture is cut into patches of $P \\times P$ pixels, each is mapped linearly to the
width $D$, a class token is put in front, learned positions are added:

$$z_0 = \\mathrm{LN}([x_{cls};\\, x_1 E;\\, \\dots;\\, x_N E] + E_{pos}),\\qquad N = HW/P^2$$

then \`depth\` pre-norm blocks $z' = z + \\mathrm{MSA}(\\mathrm{LN}(z))$, $z = z' + \\mathrm{MLP}(\\mathrm{LN}(z'))$ with exact GELU. \`pooled\` is the
layer-normed class token, as in CLIP, or the mean of the patches.

With \`keep\` below 1 each picture keeps a random part of its patches while training, chosen after positions are
added, and the blocks cost that much less; evaluations see all. End such a training with a short stage whose Train
overrides \`keep\` with 1. In \`feat\` dropped patches are zeros that aren't valid. With \`extraTokens\` learned tokens
go through the blocks too, never dropped, and their layer-normed states come out at \`extra\`.

Source: Dosovitskiy et al. 2021 (arXiv 2010.11929), Eq. 1–4; CLIP's form with ln_pre and ln_post: Radford et
al. 2021 (arXiv 2103.00020). Dropping patches: Li et al. 2023 (arXiv 2212.00794), section 3; extra tokens: Lavoie
et al. 2024 (arXiv 2405.00740), section 3. Weight names are open_clip's.`,
  params: z.strictObject({
    patch: z.int().min(1).max(256).default(8).describe('Side of a patch, in pixels.'),
    width: z.int().min(4).max(16_384).default(192).describe('Width of a token.'),
    depth: z.int().min(1).max(128).default(4).describe('Number of blocks.'),
    heads: z.int().min(1).max(256).default(4).describe('Attention heads; they divide the width.'),
    mlpRatio: z.number().gt(0).max(16).default(4).describe('Width of the MLP, in widths of a token.'),
    pool: z.enum(['cls', 'mean']).default('cls').describe('What stands for the whole picture.'),
    classToken: z.boolean().default(true).describe('Put a class token in front of the patches.'),
    keep: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe('Share of the patches that each picture keeps while training.'),
    extraTokens: z
      .int()
      .min(0)
      .max(4096)
      .default(0)
      .describe('Learned tokens behind the patches, whose states come out at "extra".'),
    mean: z
      .tuple([z.number(), z.number(), z.number()])
      .default([0.48145466, 0.4578275, 0.40821073])
      .describe('Subtracted from the colours first.'),
    std: z
      .tuple([z.number().gt(0), z.number().gt(0), z.number().gt(0)])
      .default([0.26862954, 0.26130258, 0.27577711])
      .describe('The colours are divided by this.'),
    ...weightParams,
    ...precisionParam,
  }),
  inputs: {
    image: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['height', 'width', 'channel'], leading: true },
      doc: 'Pictures in 0–1; of clips every frame is a picture.',
    },
  },
  types: (p, inputs) => {
    const image = port(inputs, 'image', 'tensor')
    const lead = image.dims.slice(0, -3)
    const [height, width] = image.dims.slice(-3)
    if (height!.size % p.patch || width!.size % p.patch)
      throw new GraphFault(
        'DT052',
        `patches of ${p.patch} don't divide a picture of ${height!.size} × ${width!.size}`,
        {
          field: 'params.patch',
          hint: `Choose a divisor of ${height!.size}.`,
        },
      )
    if (p.width % p.heads)
      throw new GraphFault('DT052', `${p.heads} heads don't divide the width ${p.width}`, {
        field: 'params.heads',
        hint: 'Choose a number of heads that divides the width.',
      })
    if (p.pool === 'cls' && !p.classToken)
      throw new GraphFault('DT052', 'there is no class token to pool', {
        field: 'params.pool',
        hint: 'Set pool to mean.',
      })
    const patches = (height!.size / p.patch) * (width!.size / p.patch)
    const features = dim('width', p.width)
    return {
      feat: featPort(lead, dim('token', patches + (p.classToken ? 1 : 0)), features),
      ...(p.extraTokens > 0 && { extra: featPort(lead, dim('token', p.extraTokens), features) }),
      pooled: tensorPort('float', ...lead, features),
    }
  },
  absent: (_, __, name) => (name === 'extra' ? 'Set extraTokens to the number of tokens.' : undefined),
  build: (s, p, inputs) => {
    const { tokens, valid, pooled, extra } = visionTransformer(s, asVar(inputs.image, 'image'), p)
    return {
      feat: { tokens, valid: valid ?? allValid(s.b, tokens) },
      ...(extra && { extra: { tokens: extra, valid: allValid(s.b, extra) } }),
      pooled,
    }
  },
})
