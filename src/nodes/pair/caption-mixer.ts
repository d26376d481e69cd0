import { GraphFault } from '../../graph/diagnostic.ts'
import { asField, asVar, defineDevice, port, weightParams, z } from '../../graph/kit.ts'
import { dim, tensorPort } from '../../graph/types.ts'
import { captionMixer as mixer } from '../../nn/caption-mixer.ts'
import { logitBias, logitScale } from '../../nn/logit-scale.ts'

export const captionMixer = defineDevice({
  type: 'pair.captionMixer',
  version: 1,
  title: 'Caption mixer',
  category: 'pair',
  doc: `Compares images with texts where each text says what of an image it is about. The image has $K$ tokens $h_{ik}$, and
text $t_j$ mixes them:

$$w_{ijk} = \\mathrm{softmax}_k\\big((W_q t_j) \\cdot (W_k h_{ik}) / \\tau\\big),\\qquad z_{ij} = \\frac{W_o \\sum_k w_{ijk} W_v h_{ik}}{\\lVert \\cdot \\rVert},\\qquad
\\ell_{ij} = e^{s}\\, z_{ij} \\cdot \\frac{W_t t_j}{\\lVert W_t t_j \\rVert} + b$$

in each of \`heads\` parts of the width; texts are brought to the length $\\sqrt{T}$ of their width $T$ first, so that means
of several prompts mix as sharply as one. Every pair $(i, j)$ is mixed by its own text $j$, the wrong pairs too: were they
mixed by the text of image $i$, the text alone would tell right from wrong. Evaluations mix by every text they ask
about. With one token this is SigLIP with a linear projection on each side.

Wire \`extra\` of a vision transformer with \`extraTokens\`, and the pooled state of a text encoder; then
\`objective.sigmoid\`. Each pair has an embedding of its own, $B^2 E$ numbers in all.

Source: Lavoie et al. 2024 (arXiv 2405.00740), section 3.`,
  params: z.strictObject({
    size: z.int().min(1).max(65_536).default(192).describe('Width of the joint space.'),
    heads: z.int().min(1).max(256).default(1).describe('Mixing heads; they divide the width.'),
    temperature: z.number().gt(0).optional().describe('τ; the root of the width of a head by default.'),
    initialScale: z.number().gt(0).max(100).default(10).describe('The scale e^s at the start.'),
    initialBias: z.number().min(-100).max(100).default(-10).describe('The bias b at the start.'),
    ...weightParams,
  }),
  inputs: {
    image: { accepts: { kind: 'record', record: 'feat' }, doc: 'Tokens of images to mix.' },
    text: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', '*'] },
      apart: true,
      doc: 'States of texts, not yet projected, of any width.',
    },
  },
  pairs: { rows: 'image', columns: 'text' },
  precise: true,
  types: (p, inputs) => {
    if (p.size % p.heads)
      throw new GraphFault('DT052', `${p.heads} heads don't divide the width ${p.size}`, {
        field: 'params.heads',
        hint: 'Choose a number of heads that divides the width.',
      })
    const [rows] = port(inputs, 'image', 'record').fields.tokens!.dims
    const [columns] = port(inputs, 'text', 'tensor').dims
    return {
      pairs: {
        kind: 'record',
        record: 'pairs',
        fields: {
          logits: tensorPort('float', rows!, dim('batch′', columns!.size)),
          scale: tensorPort('float'),
          bias: tensorPort('float'),
        },
      },
    }
  },
  build: (s, p, inputs) => {
    const { b } = s
    const tokens = asField(inputs.image, 'image', 'tokens')
    const valid = asField(inputs.image, 'image', 'valid')
    const cosines = mixer(s, { tokens, valid, text: asVar(inputs.text, 'text') }, p) // [B, B′]
    const scale = logitScale(s, { init: Math.log(p.initialScale) })
    const bias = logitBias(s, { init: p.initialBias })
    return { pairs: { logits: b.add(b.mul(cosines, scale), bias), scale, bias } }
  },
})
