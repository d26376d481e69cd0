import { GraphFault } from '../../graph/diagnostic.ts'
import { asField, defineDevice, port, z } from '../../graph/kit.ts'
import { showPort, tensorPort } from '../../graph/types.ts'
import { infoNce } from '../../nn/contrastive.ts'

export const infoNCE = defineDevice({
  type: 'objective.infoNCE',
  version: 1,
  title: 'InfoNCE',
  category: 'objective',
  doc: `The contrastive loss of CLIP: each image must pick its text among the batch, each text its image,

$$L = \\tfrac12\\big[\\mathrm{CE}(\\ell, \\mathrm{diag}) + \\mathrm{CE}(\\ell^{\\top}, \\mathrm{diag})\\big],\\qquad
\\mathrm{CE}(\\ell) = -\\frac1B\\sum_i \\log\\frac{e^{\\ell_{ii}}}{\\sum_j e^{\\ell_{ij}}}$$

Source: van den Oord et al. 2018 (arXiv 1807.03748); "An Introduction to Vision-Language Modeling" (arXiv
2405.17247), Eq. 2; symmetric form: Radford et al. 2021 (arXiv 2103.00020), Figure 3. Equal to open_clip's
ClipLoss.`,
  params: z.strictObject({
    labelSmoothing: z.number().min(0).lt(1).default(0).describe('Share of the target spread over all pairs.'),
  }),
  inputs: {
    pairs: { accepts: { kind: 'record', record: 'pairs' }, doc: 'Logits of every image with every text.' },
  },
  precise: true,
  types: (_, inputs) => {
    const pairs = port(inputs, 'pairs', 'record')
    const [rows, columns] = pairs.fields.logits!.dims
    if (rows!.size !== columns!.size)
      throw new GraphFault(
        'DT034',
        `row i pairs with column i, so the logits must be square: ${showPort(pairs)}`,
        {
          port: 'pairs',
          hint: 'Take both sides from one Batch.',
        },
      )
    return {
      loss: {
        kind: 'record',
        record: 'loss',
        fields: { sum: tensorPort('float'), count: tensorPort('float') },
      },
    }
  },
  build: (s, p, inputs) => ({
    loss: {
      ...infoNce(s.b, asField(inputs.pairs, 'pairs', 'logits'), { labelSmoothing: p.labelSmoothing }),
    },
  }),
})
