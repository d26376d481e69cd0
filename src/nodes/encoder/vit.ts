import { GraphFault } from '../../graph/diagnostic.ts'
import { asVar, defineDevice, port, precisionParam, weightParams, z } from '../../graph/kit.ts'
import { dim, tensorPort } from '../../graph/types.ts'
import { visionTransformer } from '../../nn/vit.ts'

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

Source: Dosovitskiy et al. 2021 (arXiv 2010.11929), Eq. 1–4; CLIP's form with ln_pre and ln_post: Radford et
al. 2021 (arXiv 2103.00020). Weight names are open_clip's.`,
  params: z.strictObject({
    patch: z.int().min(1).max(256).default(8).describe('Side of a patch, in pixels.'),
    width: z.int().min(4).max(16_384).default(192).describe('Width of a token.'),
    depth: z.int().min(1).max(128).default(4).describe('Number of blocks.'),
    heads: z.int().min(1).max(256).default(4).describe('Attention heads; they divide the width.'),
    mlpRatio: z.number().gt(0).max(16).default(4).describe('Width of the MLP, in widths of a token.'),
    pool: z.enum(['cls', 'mean']).default('cls').describe('What stands for the whole picture.'),
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
      accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', 'height', 'width', 'channel'] },
      doc: 'Pictures in 0–1.',
    },
  },
  types: (p, inputs) => {
    const image = port(inputs, 'image', 'tensor')
    const [rows, height, width] = image.dims
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
    const patches = (height!.size / p.patch) * (width!.size / p.patch)
    const token = dim('token', patches + 1)
    const features = dim('width', p.width)
    return {
      feat: {
        kind: 'record',
        record: 'feat',
        fields: {
          tokens: tensorPort('float', rows!, token, features),
          valid: tensorPort('bool', rows!, token),
        },
      },
      pooled: tensorPort('float', rows!, features),
    }
  },
  build: (s, p, inputs, types) => {
    const { tokens, pooled } = visionTransformer(s, asVar(inputs.image, 'image'), p)
    const feat = types.outputs.feat
    const valid = feat?.kind === 'record' ? feat.fields.valid!.dims.map(d => d.size) : []
    return { feat: { tokens, valid: s.b.fill({ dtype: 'bool', shape: valid }, 1) }, pooled }
  },
})
