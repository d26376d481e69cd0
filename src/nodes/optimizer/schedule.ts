import { GraphFault } from '../../graph/diagnostic.ts'
import { defineHost, z } from '../../graph/kit.ts'
import type { Schedule } from '../../nn/schedules.ts'

export const schedule = defineHost({
  type: 'optimizer.schedule',
  version: 1,
  title: 'Learning-rate schedule',
  category: 'optimizer',
  doc: `The learning rate at step $t$ (from 0): a linear warm-up $\\eta\\,(t+1)/W$ for $t < W$, then one of

- \`constant\`: $\\eta$;
- \`linear\`: a straight line down to \`finalRate\`, reached at step $T$;
- \`cosine\`: half a cosine down to it,

$$\\eta_t = \\eta_f + \\tfrac12(\\eta - \\eta_f)\\Big(1 + \\cos\\pi\\frac{t - W}{T - W}\\Big)$$

- \`inverse_sqrt\`: $\\eta\\sqrt{W / (t + 1)}$, with $W$ at least 1: training can go on for any number of steps;
- \`warmup_stable_decay\`: $\\eta$ up to step $T - D$, then a straight line down to \`finalRate\` over the last $D$ steps.

Source: cosine: Loshchilov & Hutter 2017 (arXiv 1608.03983), Eq. 5, warm-up as in open_clip; inverse square root:
Vaswani et al. 2017 (arXiv 1706.03762), Eq. 3; warm-up, stable, decay: Hu et al. 2024 (arXiv 2404.06395), section 4,
in the linear form of Hägele et al. 2024 (arXiv 2405.18392).`,
  params: z.strictObject({
    kind: z
      .enum(['constant', 'linear', 'cosine', 'inverse_sqrt', 'warmup_stable_decay'])
      .default('cosine')
      .describe('The shape after the warm-up.'),
    rate: z.number().gt(0).max(10).default(1e-3).describe('The learning rate after the warm-up.'),
    warmup: z.int().min(0).default(0).describe('Steps of the warm-up.'),
    steps: z.int().min(1).default(300).describe('Steps in all, normally those of Train.'),
    finalRate: z
      .number()
      .min(0)
      .default(0)
      .describe('The learning rate at the end; `constant` and `inverse_sqrt` have none.'),
    decaySteps: z
      .int()
      .min(1)
      .optional()
      .describe('Steps D of the end of `warmup_stable_decay`; a tenth of all by default.'),
  }),
  inputs: {},
  uses: [],
  types: p => {
    if (p.warmup > p.steps)
      throw new GraphFault('DT052', `a warm-up of ${p.warmup} steps in ${p.steps} steps`, {
        field: 'params.warmup',
        hint: `Set warmup to at most ${p.steps}.`,
      })
    if (p.kind === 'warmup_stable_decay' && (p.decaySteps ?? 0) > p.steps - p.warmup)
      throw new GraphFault(
        'DT052',
        `a warm-up of ${p.warmup} and a decay of ${p.decaySteps} steps in ${p.steps} steps`,
        { field: 'params.decaySteps', hint: `Set decaySteps to at most ${p.steps - p.warmup}.` },
      )
    return { schedule: { kind: 'schedule' } }
  },
  run: async (_, p) => {
    const value: Schedule = {
      kind: p.kind,
      base: p.rate,
      warmupSteps: p.warmup,
      totalSteps: p.steps,
      final: p.finalRate,
      decaySteps: p.decaySteps,
    }
    return { schedule: { kind: 'schedule', value } }
  },
})
