import { GraphFault } from '../../graph/diagnostic.ts'
import { z } from '../../graph/kit.ts'
import { defineOptimizer, weightDecay } from './optimizer.ts'

export const sgd = defineOptimizer({
  type: 'optimizer.sgd',
  title: 'SGD',
  doc: `Stochastic gradient descent with momentum $\\mu$:

$$g \\leftarrow g + \\lambda\\theta,\\quad m \\leftarrow \\mu m + g,\\quad \\theta \\leftarrow \\theta - \\eta\\, m$$

With Nesterov's momentum the last step is $\\theta \\leftarrow \\theta - \\eta\\,(g + \\mu m)$. The decay is part of the
gradient, so it goes through the momentum. Gains, biases and scalars are not decayed (they have fewer than two axes),
as in open_clip.

Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", section 2; the same
as torch.optim.SGD without dampening.`,
  params: z.strictObject({
    momentum: z.number().min(0).lt(1).default(0.9).describe('Share of the last direction that is kept.'),
    nesterov: z.boolean().default(false).describe('Look one step ahead along the momentum.'),
    weightDecay: weightDecay(0),
  }),
  check: p => {
    if (p.nesterov && p.momentum === 0)
      throw new GraphFault('DT052', "Nesterov's momentum with a momentum of 0", {
        field: 'params.nesterov',
        hint: 'Set momentum above 0, normally 0.9, or nesterov to false.',
      })
  },
  value: (p, schedule) => ({ kind: 'sgd', schedule, ...p }),
})
