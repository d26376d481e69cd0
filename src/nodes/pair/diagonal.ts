import { asField, defineDevice, port, z } from '../../graph/kit.ts'
import { tensorPort } from '../../graph/types.ts'
import { diagonal as onDiagonal } from '../../nn/contrastive.ts'
import { squarePairs } from '../objective/pairs.ts'

export const diagonal = defineDevice({
  type: 'pair.diagonal',
  version: 1,
  title: 'Pairs of one row',
  category: 'pair',
  doc: `The logit of each picture with the text of its own row, $\\ell_i = \\ell_{ii}$: what a loss over labelled pairs reads, such as
a statement with its label, where other rows' texts say nothing.

Where the pairs are made from an embedding on each side the other logits are never computed.

Source: the fine-tuning of two-tower models on NLVR and VSR as a binary classification, Liu et al. 2023 (arXiv
2205.00363), section 4.`,
  params: z.strictObject({}),
  inputs: {
    pairs: { accepts: { kind: 'record', record: 'pairs' }, doc: 'Logits of every picture with every text.' },
  },
  precise: true,
  types: (_, inputs) => {
    const [rows] = squarePairs(inputs).fields.logits!.dims
    return { logits: tensorPort('float', rows!) }
  },
  build: (s, _, inputs, types) => {
    const { b } = s
    const { fields } = port(types.inputs, 'pairs', 'record')
    const field = (name: string) => asField(inputs.pairs, 'pairs', name)
    if (fields.rows && fields.columns) {
      const cosines = b.sum(b.mul(field('rows'), field('columns')), [1]) // [B]
      const scaled = b.mul(cosines, field('scale'))
      return { logits: fields.bias ? b.add(scaled, field('bias')) : scaled }
    }
    const logits = field('logits') // [B, B]
    return { logits: b.sum(b.select(onDiagonal(b, logits.type.shape), logits, 0), [1]) }
  },
})
