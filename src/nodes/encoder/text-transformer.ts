import { GraphFault } from '../../graph/diagnostic.ts'
import { asField, defineDevice, port, precisionParam, weightParams, z } from '../../graph/kit.ts'
import { dim, tensorPort } from '../../graph/types.ts'
import { textTransformer } from '../../nn/text-transformer.ts'

export const textEncoder = defineDevice({
  type: 'encoder.text',
  version: 1,
  title: 'Text transformer encoder',
  category: 'encoder',
  doc: `A transformer over token ids: token embedding plus learned positions, \`depth\` pre-norm blocks, a final layer
norm. \`pooled\` is the state at the end-of-text token; with causal attention that token has seen the whole text.
SigLIP instead attends both ways and pools the last place of the sequence, padding included.

$$h_0 = E[\\mathrm{ids}] + E_{pos},\\qquad \\mathrm{pooled} = \\mathrm{LN}(h_{depth})[\\mathrm{eot}]$$

Source: Radford et al. 2021 (arXiv 2103.00020), section 2.4; SigLIP's form: big_vision's
text_transformer. Weight names are open_clip's.`,
  params: z.strictObject({
    width: z.int().min(4).max(16_384).default(192).describe('Width of a token.'),
    depth: z.int().min(1).max(128).default(2).describe('Number of blocks.'),
    heads: z.int().min(1).max(256).default(4).describe('Attention heads; they divide the width.'),
    mlpRatio: z.number().gt(0).max(16).default(4).describe('Width of the MLP, in widths of a token.'),
    causal: z.boolean().default(true).describe('Each token sees only what stands before it.'),
    pool: z
      .enum(['eot', 'last'])
      .default('eot')
      .describe('Which state stands for the text: of the end-of-text token, or of the last place.'),
    ...weightParams,
    ...precisionParam,
  }),
  inputs: { text: { accepts: { kind: 'record', record: 'tok' }, doc: 'Token ids from a Batch.' } },
  types: (p, inputs) => {
    const text = port(inputs, 'text', 'record')
    if (p.width % p.heads)
      throw new GraphFault('DT052', `${p.heads} heads don't divide the width ${p.width}`, {
        field: 'params.heads',
        hint: 'Choose a number of heads that divides the width.',
      })
    const [rows, length] = text.fields.ids!.dims
    const width = dim('width', p.width)
    const token = dim('token', length!.size)
    return {
      feat: {
        kind: 'record',
        record: 'feat',
        fields: { tokens: tensorPort('float', rows!, token, width), valid: tensorPort('bool', rows!, token) },
      },
      pooled: tensorPort('float', rows!, width),
    }
  },
  build: (s, p, inputs, types) => {
    const text = port(types.inputs, 'text', 'record')
    const ids = asField(inputs.text, 'text', 'ids')
    const eot = asField(inputs.text, 'text', 'eot')
    const { tokens, pooled } = textTransformer(s, ids, eot, { ...p, vocab: text.vocab! })
    return { feat: { tokens, valid: asField(inputs.text, 'text', 'valid') }, pooled }
  },
})
