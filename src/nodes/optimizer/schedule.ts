import { GraphFault } from '../../graph/diagnostic.ts'
import { defineHost, z } from '../../graph/kit.ts'
import type { Schedule } from '../../nn/schedules.ts'

export const schedule = defineHost({
  type: 'optimizer.schedule',
  version: 1,
  title: 'Learning-rate schedule',
  category: 'optimizer',
  doc: `The learning rate at step $t$ (from 0): a linear warm-up $\\eta\\,(t+1)/W$ for $t < W$, then constant, a straight
line, or half a cosine down to \`finalRate\`:

$$\\eta_t = \\eta_f + \\tfrac12(\\eta - \\eta_f)\\Big(1 + \\cos\\pi\\frac{t - W}{T - W}\\Big)$$

Source: Loshchilov & Hutter 2017 (arXiv 1608.03983), Eq. 5; warm-up as in open_clip.`,
  params: z.strictObject({
    kind: z.enum(['constant', 'linear', 'cosine']).default('cosine').describe('The shape after the warm-up.'),
    rate: z.number().gt(0).max(10).default(1e-3).describe('The learning rate after the warm-up.'),
    warmup: z.int().min(0).default(0).describe('Steps of the warm-up.'),
    steps: z.int().min(1).default(300).describe('Steps in all, normally those of Train.'),
    finalRate: z.number().min(0).default(0).describe('The learning rate at the end.'),
  }),
  inputs: {},
  uses: [],
  types: p => {
    if (p.warmup > p.steps)
      throw new GraphFault('DT052', `a warm-up of ${p.warmup} steps in ${p.steps} steps`, {
        field: 'params.warmup',
        hint: `Set warmup to at most ${p.steps}.`,
      })
    return { schedule: { kind: 'schedule' } }
  },
  run: async (_, p) => {
    const value: Schedule = {
      kind: p.kind,
      base: p.rate,
      warmupSteps: p.warmup,
      totalSteps: p.steps,
      final: p.finalRate,
    }
    return { schedule: { kind: 'schedule', value } }
  },
})
