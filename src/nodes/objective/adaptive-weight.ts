import { asVar, defineDevice, z } from '../../graph/kit.ts'
import { tensorPort } from '../../graph/types.ts'

export const adaptiveWeight = defineDevice({
  type: 'objective.adaptiveWeight',
  version: 1,
  title: 'Adaptive weight',
  category: 'objective',
  doc: `The factor that makes one loss pull as strongly as another, from the norms of their gradients at one weight:

$$\\lambda = \\mathrm{clamp}\\Big(\\frac{\\lVert \\nabla_w L_{main} \\rVert}{\\lVert \\nabla_w L_{other} \\rVert + \\delta},\\ 0,\\ \\lambda_{max}\\Big)$$

Scale the other loss by it. Nothing is trained through it.

Source: Esser et al. 2021 (arXiv 2012.09841), Eq. 7; δ and the limit are taming-transformers'.`,
  params: z.strictObject({
    delta: z.number().gt(0).default(1e-4).describe('Added to the norm of the other loss.'),
    max: z.number().gt(0).default(1e4).describe('Largest factor.'),
  }),
  inputs: {
    main: {
      accepts: { kind: 'tensor', dtype: 'float', dims: [] },
      doc: 'Gradient norm of the loss that sets the measure.',
    },
    other: {
      accepts: { kind: 'tensor', dtype: 'float', dims: [] },
      doc: 'Gradient norm of the loss to scale.',
    },
  },
  precise: true,
  types: () => ({ weight: tensorPort('float') }),
  build: (s, p, inputs) => {
    const { b } = s
    const ratio = b.div(asVar(inputs.main, 'main'), b.add(asVar(inputs.other, 'other'), p.delta))
    return { weight: b.stopGradient(b.min(b.max(ratio, 0), p.max)) }
  },
})
