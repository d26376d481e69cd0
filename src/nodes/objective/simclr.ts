import { GraphFault } from '../../graph/diagnostic.ts'
import { asVar, defineDevice, port, z } from '../../graph/kit.ts'
import { lossPort, showPort } from '../../graph/types.ts'
import { ntXent } from '../../nn/nt-xent.ts'

export const simclr = defineDevice({
  type: 'objective.simclr',
  version: 1,
  title: 'SimCLR',
  category: 'objective',
  doc: `Two views of one picture find each other among all views of the batch, without any text. With unit rows $x$, $y$ of the
views, $S = (x; y)(x; y)^{\\top} / \\tau$ without its diagonal, and $i'$ the other view of view $i$:

$$L = -\\frac{1}{2B} \\sum_{i=1}^{2B} \\log \\frac{e^{S_{ii'}}}{\\sum_{j \\neq i} e^{S_{ij}}}$$

The rows are brought to unit length here. Wire two projections of two \`data.augment\` views through encoders that share
their weights; SLIP adds this to the contrastive loss with weight 1.

Source: Chen et al. 2020 (arXiv 2002.05709), Eq. 1; SLIP: Mu et al. 2021 (arXiv 2112.12750), section 3.`,
  params: z.strictObject({
    temperature: z.number().gt(0).max(10).default(0.1).describe('What cosines are divided by.'),
  }),
  inputs: {
    first: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', '*'] },
      doc: 'Projections of one view.',
    },
    second: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', '*'] },
      doc: 'Projections of the other view of the same rows.',
    },
  },
  precise: true,
  types: (_, inputs) => {
    const [first, second] = [port(inputs, 'first', 'tensor'), port(inputs, 'second', 'tensor')]
    if (first.dims[1]!.size !== second.dims[1]!.size)
      throw new GraphFault(
        'DT034',
        `both views need one width: "first" is ${showPort(first)}, "second" is ${showPort(second)}`,
        { port: 'second', hint: 'Let both go through one projector, shared with "sharedWith".' },
      )
    return { loss: lossPort }
  },
  build: (s, p, inputs) => ({
    loss: { ...ntXent(s.b, asVar(inputs.first, 'first'), asVar(inputs.second, 'second'), p.temperature) },
  }),
})
