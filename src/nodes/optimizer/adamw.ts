import { z } from '../../graph/kit.ts'
import { defineOptimizer, weightDecay } from './optimizer.ts'

export const adamw = defineOptimizer({
  type: 'optimizer.adamw',
  title: 'AdamW',
  doc: `Adam with decoupled weight decay:

$$m \\leftarrow \\beta_1 m + (1-\\beta_1) g,\\quad v \\leftarrow \\beta_2 v + (1-\\beta_2) g^2,\\quad
\\theta \\leftarrow (1 - \\eta\\lambda)\\,\\theta - \\eta\\,\\frac{m/(1-\\beta_1^t)}{\\sqrt{v/(1-\\beta_2^t)} + \\varepsilon}$$

Gains, biases and scalars are not decayed (they have fewer than two axes), as in open_clip.

Source: Loshchilov & Hutter 2019 (arXiv 1711.05101), Algorithm 2; the same as torch.optim.AdamW.`,
  params: z.strictObject({
    beta1: z.number().min(0).lt(1).default(0.9).describe('Decay of the mean of gradients.'),
    beta2: z.number().min(0).lt(1).default(0.98).describe('Decay of the mean of their squares.'),
    eps: z.number().gt(0).default(1e-6).describe('Added to the root, against division by 0.'),
    weightDecay: weightDecay(0.2),
  }),
  value: (p, schedule) => ({ kind: 'adamw', schedule, ...p }),
})
