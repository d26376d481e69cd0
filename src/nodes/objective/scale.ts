import { asField, asVar, defineDevice, z } from '../../graph/kit.ts'
import { lossPort } from '../../graph/types.ts'

export const scale = defineDevice({
  type: 'objective.scale',
  version: 1,
  title: 'Scale a loss',
  category: 'objective',
  doc: `Multiplies a loss by a number that the step computes, such as an adaptive weight:

$$L' = w L$$

If gradients reach what makes $w$, that is trained too.

Source: the factor of Esser et al. 2021 (arXiv 2012.09841), Eq. 6.`,
  params: z.strictObject({}),
  inputs: {
    loss: { accepts: { kind: 'record', record: 'loss' }, doc: 'The loss.' },
    by: { accepts: { kind: 'tensor', dtype: 'float', dims: [] }, doc: 'The factor, one number.' },
  },
  precise: true,
  types: () => ({ loss: lossPort }),
  build: (s, _, inputs) => {
    const [sum, count] = ['sum', 'count'].map(field => asField(inputs.loss, 'loss', field))
    return { loss: { sum: s.b.mul(sum!, asVar(inputs.by, 'by')), count: count! } }
  },
})
