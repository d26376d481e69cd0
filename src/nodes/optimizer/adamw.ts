import type { SettingsValue } from '../../graph/host.ts'
import { defineHost, z } from '../../graph/kit.ts'
import type { OptimizerValue } from '../../nn/optimizers/index.ts'
import type { Schedule } from '../../nn/schedules.ts'

export const adamw = defineHost({
  type: 'optimizer.adamw',
  version: 1,
  title: 'AdamW',
  category: 'optimizer',
  doc: `Adam with decoupled weight decay:

$$m \\leftarrow \\beta_1 m + (1-\\beta_1) g,\\quad v \\leftarrow \\beta_2 v + (1-\\beta_2) g^2,\\quad
\\theta \\leftarrow (1 - \\eta\\lambda)\\,\\theta - \\eta\\,\\frac{m/(1-\\beta_1^t)}{\\sqrt{v/(1-\\beta_2^t)} + \\varepsilon}$$

Gains, biases and scalars are not decayed (they have fewer than two axes), as in open_clip.

Source: Loshchilov & Hutter 2019 (arXiv 1711.05101), Algorithm 2; the same as torch.optim.AdamW.`,
  params: z.strictObject({
    beta1: z.number().min(0).lt(1).default(0.9).describe('Decay of the mean of gradients.'),
    beta2: z.number().min(0).lt(1).default(0.98).describe('Decay of the mean of their squares.'),
    eps: z.number().gt(0).default(1e-6).describe('Added to the root, against division by 0.'),
    weightDecay: z.number().min(0).max(10).default(0.2).describe('The decay λ of matrices.'),
  }),
  inputs: {
    schedule: { accepts: { kind: 'host', of: 'schedule' }, doc: 'The learning rate of each step.' },
  },
  uses: [],
  types: () => ({ optimizer: { kind: 'optimizer' } }),
  run: async (_, p, inputs) => {
    const schedule = (inputs.schedule as SettingsValue).value as Schedule
    const value: OptimizerValue = { kind: 'adamw', schedule, ...p }
    return { optimizer: { kind: 'optimizer', value } }
  },
})
