import { asVar, defineDevice, z } from '../../graph/kit.ts'
import { lossPort } from '../../graph/types.ts'
import { elementCount } from '../../ir/types.ts'

export const binaryCrossEntropy = defineDevice({
  type: 'objective.binaryCrossEntropy',
  version: 1,
  title: 'Binary cross-entropy',
  category: 'objective',
  doc: `How far the probabilities of logits are from one target. With logits $x$ and target $t$ it is the mean over all
elements of

$$-t \\log \\sigma(x) - (1 - t) \\log(1 - \\sigma(x)) = \\max(x, 0) - t x + \\log(1 + e^{-|x|})$$

For a GAN: a discriminator takes target 1 on real and 0 on made rows, the generator target 1 on what the
discriminator says of made ones (the non-saturating loss).

Source: torch.nn.BCEWithLogitsLoss; Goodfellow et al. 2014 (arXiv 1406.2661), section 3.`,
  params: z.strictObject({
    target: z.number().min(0).max(1).default(1).describe('The probability that every logit should say.'),
  }),
  inputs: {
    logits: {
      accepts: { kind: 'tensor', dtype: 'float', dims: [], leading: true },
      doc: 'Any float tensor of logits.',
    },
  },
  precise: true,
  types: () => ({ loss: lossPort }),
  build: (s, p, inputs) => {
    const { b } = s
    const x = asVar(inputs.logits, 'logits')
    const { shape, dtype } = x.type
    const softplus = b.log1p(b.exp(b.neg(b.abs(x))))
    const terms = b.add(b.sub(b.max(x, 0), b.mul(x, p.target)), softplus)
    return {
      loss: { sum: b.sum(terms, [...shape.keys()]), count: b.scalar(dtype, elementCount(shape)) },
    }
  },
})
