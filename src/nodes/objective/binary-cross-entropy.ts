import { GraphFault } from '../../graph/diagnostic.ts'
import { asVar, defineDevice, port, z } from '../../graph/kit.ts'
import { lossPort, showPort } from '../../graph/types.ts'
import { elementCount } from '../../ir/types.ts'

export const binaryCrossEntropy = defineDevice({
  type: 'objective.binaryCrossEntropy',
  version: 1,
  title: 'Binary cross-entropy',
  category: 'objective',
  doc: `How far the probabilities of logits are from what is true. With logits $x$ and targets $t$ it is the mean over all
elements of

$$-t \\log \\sigma(x) - (1 - t) \\log(1 - \\sigma(x)) = \\max(x, 0) - t x + \\log(1 + e^{-|x|})$$

With \`labels\` wired, $t$ is 1 where the label is above 0 and 0 where it is 0; an element without a label (−1) is left
out. Without it $t$ is \`target\` everywhere. For a GAN: a discriminator takes target 1 on real and 0 on made rows, the generator target 1 on what the
discriminator says of made ones (the non-saturating loss).

Source: torch.nn.BCEWithLogitsLoss; Goodfellow et al. 2014 (arXiv 1406.2661), section 3.`,
  params: z.strictObject({
    target: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe('Without labels: the probability that every logit should say.'),
  }),
  inputs: {
    logits: {
      accepts: { kind: 'tensor', dtype: 'float', dims: [], leading: true },
      doc: 'Any float tensor of logits.',
    },
    labels: {
      accepts: { kind: 'tensor', dtype: 'int', dims: [], leading: true },
      optional: true,
      doc: 'A label for each logit, such as a column of false and true: 0, 1, or -1 for none.',
    },
  },
  precise: true,
  types: (_, inputs) => {
    if (!inputs.labels) return { loss: lossPort }
    const [x, t] = [port(inputs, 'logits', 'tensor'), port(inputs, 'labels', 'tensor')]
    if (String(x.dims.map(d => d.size)) !== String(t.dims.map(d => d.size)))
      throw new GraphFault(
        'DT034',
        `each logit needs its label: "logits" is ${showPort(x)}, "labels" is ${showPort(t)}`,
        { port: 'labels', hint: 'Wire a column of the Batch that the logits are made from.' },
      )
    return { loss: lossPort }
  },
  build: (s, p, inputs) => {
    const { b } = s
    const x = asVar(inputs.logits, 'logits')
    const { shape, dtype } = x.type
    const axes = [...shape.keys()]
    const labels = inputs.labels && asVar(inputs.labels, 'labels')
    const target = labels ? b.convert(b.compare('GT', labels, b.fill(labels.type, 0)), dtype) : p.target
    const softplus = b.log1p(b.exp(b.neg(b.abs(x))))
    const terms = b.add(b.sub(b.max(x, 0), b.mul(x, target)), softplus)
    if (!labels) return { loss: { sum: b.sum(terms, axes), count: b.scalar(dtype, elementCount(shape)) } }
    const known = b.convert(b.compare('GE', labels, b.fill(labels.type, 0)), dtype)
    return { loss: { sum: b.sum(b.mul(terms, known), axes), count: b.max(b.sum(known, axes), 1) } }
  },
})
