import { z } from '../../graph/kit.ts'
import { defineOptimizer, weightDecay } from './optimizer.ts'

export const lion = defineOptimizer({
  type: 'optimizer.lion',
  title: 'Lion',
  doc: `Steps of one size for every weight, along the sign of a mean of gradients:

$$\\theta \\leftarrow \\theta - \\eta\\,\\big[\\operatorname{sign}(\\beta_1 m + (1-\\beta_1)\\,g) + \\lambda\\theta\\big],\\quad
m \\leftarrow \\beta_2 m + (1-\\beta_2)\\,g$$

It keeps one array a weight, half of AdamW's memory. The paper takes a learning rate 3 to 10 times smaller than
AdamW's and a decay larger by the same factor, and larger batches. Gains, biases and scalars are not decayed (they
have fewer than two axes), as in open_clip.

Source: Chen et al. 2023 (arXiv 2302.06675), Algorithm 2; the same as optax.lion.`,
  params: z.strictObject({
    beta1: z.number().min(0).lt(1).default(0.9).describe('Share of the mean in the direction of a step.'),
    beta2: z.number().min(0).lt(1).default(0.99).describe('Decay of the mean of gradients.'),
    weightDecay: weightDecay(1),
  }),
  value: (p, schedule) => ({ kind: 'lion', schedule, ...p }),
})
