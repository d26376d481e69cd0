import { asField, defineDevice, z } from '../../graph/kit.ts'
import { lossPort } from '../../graph/types.ts'
import { chunkedSigmoid } from '../../nn/chunked-contrastive.ts'
import { sigmoidPairs } from '../../nn/sigmoid-pairs.ts'
import { checkPairs, chunkParam, similarityOf } from './pairs.ts'

export const sigmoid = defineDevice({
  type: 'objective.sigmoid',
  version: 1,
  title: 'Pairwise sigmoid',
  category: 'objective',
  doc: `The loss of SigLIP: every pair of an image and a text is judged by itself, true on the diagonal ($z = 1$), false
elsewhere ($z = -1$),

$$L = -\\frac1B \\sum_i \\sum_j \\log \\sigma(z_{ij}\\, \\ell_{ij})$$

Nearly all pairs are false, so let \`pair.logits\` learn a bias: with $e^s = 10$ and $b = -10$ at the start the loss
begins near 10; without a bias it begins near $B \\ln 2$.

With \`chunk\` the logits are made tile by tile and made again for the gradient, in memory that grows with $B$ and not
with $B^2$. On several devices the loss is over the batch of all of them, as everything is.

Source: Zhai et al. 2023 (arXiv 2303.15343), section 3.2 and Algorithm 1. Equal to open_clip's SigLipLoss.`,
  params: z.strictObject({ ...chunkParam }),
  inputs: {
    pairs: { accepts: { kind: 'record', record: 'pairs' }, doc: 'Logits of every image with every text.' },
  },
  precise: true,
  types: (p, inputs) => {
    checkPairs(inputs, p.chunk)
    return { loss: lossPort }
  },
  build: (s, p, inputs) => {
    const loss =
      p.chunk === 0
        ? sigmoidPairs(s.b, asField(inputs.pairs, 'pairs', 'logits'))
        : chunkedSigmoid(s.b, similarityOf(s.b, inputs.pairs, 'pairs'), p.chunk)
    return { loss: { ...loss } }
  },
})
