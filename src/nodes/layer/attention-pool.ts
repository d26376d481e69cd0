import { GraphFault } from '../../graph/diagnostic.ts'
import { asField, defineDevice, port, precisionParam, weightParams, z } from '../../graph/kit.ts'
import { dim, tensorPort } from '../../graph/types.ts'
import { attentionPool as pool } from '../../nn/attention-pool.ts'
import { allValid, featPort } from '../feat.ts'

export const attentionPool = defineDevice({
  type: 'layer.attentionPool',
  version: 1,
  title: 'Attention pool',
  category: 'layer',
  doc: `Learned queries read all tokens of a row by attention, an MLP follows:

$$a = \\mathrm{MHA}(q, x, x),\\qquad y = a + \\mathrm{MLP}(\\mathrm{LN}(a))$$

\`pooled\` is the state of the first query: SigLIP's pooling of pictures, with one. \`feat\` holds all of them.

Source: Zhai et al. 2022 (arXiv 2106.04560), section 3.2; big_vision's MAPHead. Weight names are those of Hugging
Face's SigLIP.`,
  params: z.strictObject({
    queries: z.int().min(1).max(4096).default(1).describe('Number of learned queries.'),
    heads: z.int().min(1).max(256).default(4).describe('Attention heads; they divide the width.'),
    mlpRatio: z.number().gt(0).max(16).default(4).describe('Width of the MLP, in widths of a token.'),
    ...weightParams,
    ...precisionParam,
  }),
  inputs: { feat: { accepts: { kind: 'record', record: 'feat' }, doc: 'Tokens of each row.' } },
  types: (p, inputs) => {
    const [rows, , width] = port(inputs, 'feat', 'record').fields.tokens!.dims
    if (width!.size % p.heads)
      throw new GraphFault('DT052', `${p.heads} heads don't divide the width ${width!.size}`, {
        field: 'params.heads',
        hint: 'Choose a number of heads that divides the width.',
      })
    return {
      feat: featPort([rows!], dim('token', p.queries), width!),
      pooled: tensorPort('float', rows!, width!),
    }
  },
  build: (s, p, inputs) => {
    const { b } = s
    const valid = asField(inputs.feat, 'feat', 'valid')
    const tokens = pool(s, asField(inputs.feat, 'feat', 'tokens'), { ...p, valid }) // [B, Q, D]
    const [rows, , width] = tokens.type.shape as [number, number, number]
    const pooled = b.reshape(b.sliceAxis(tokens, 1, 0, 1), [rows, width])
    return { feat: { tokens, valid: allValid(b, tokens) }, pooled }
  },
})
