import { GraphFault } from '../../graph/diagnostic.ts'
import { defineDevice, z } from '../../graph/kit.ts'
import { lossPort } from '../../graph/types.ts'
import type { LossTerms } from '../../nn/contrastive.ts'

export const weightedSum = defineDevice({
  type: 'objective.weightedSum',
  version: 1,
  title: 'Weighted sum of losses',
  category: 'objective',
  doc: `Makes one loss from several, each with its weight:

$$L = \\sum_k w_k L_k$$

with the weights in the order of the wires. For a weight that is computed, put an \`objective.scale\` before it.

Source: multi-task objectives as in Kendall et al. 2018 (arXiv 1705.07115), Eq. 1.`,
  params: z.strictObject({
    weights: z.array(z.number()).default([]).describe('For each loss, its weight; 1 by default.'),
  }),
  inputs: {
    losses: {
      accepts: { kind: 'record', record: 'loss' },
      list: true,
      along: ['weights'],
      doc: 'The losses to add.',
    },
  },
  precise: true,
  types: (p, inputs) => {
    const count = (inputs.losses as readonly unknown[]).length
    if (p.weights.length > count)
      throw new GraphFault(
        'DT052',
        `${p.weights.length} weights for ${count} loss${count === 1 ? '' : 'es'}`,
        {
          field: 'params.weights',
          hint: 'Give at most one weight for each loss.',
        },
      )
    return { loss: lossPort }
  },
  build: (s, p, inputs) => {
    const { b } = s
    const losses = Object.values(inputs.losses as unknown as Readonly<Record<string, LossTerms>>)
    const count = losses[0]!.count
    const terms = losses.map((loss, k) => {
      const weighted = b.mul(loss.sum, p.weights[k] ?? 1)
      // All sums over one count, so that parts of a batch can still be added up.
      return k === 0 ? weighted : b.mul(weighted, b.div(count, loss.count))
    })
    return { loss: { sum: terms.reduce((x, y) => b.add(x, y)), count } }
  },
})
