import { GraphFault } from '../../graph/diagnostic.ts'
import { asVar, defineDevice, port, z } from '../../graph/kit.ts'
import { tensorPort } from '../../graph/types.ts'

export const meanOverAxis = defineDevice({
  type: 'layer.mean',
  version: 1,
  title: 'Mean over an axis',
  category: 'layer',
  doc: `The mean over one axis, which the result no longer has: $y = \\frac1T \\sum_t x_t$. Over the frames of a clip it is
the plainest model of time: what was seen, not in which order.

Source: mean pooling of frames: Karpathy et al. 2014, "Large-scale video classification with convolutional neural
networks"; CLIP4Clip's parameter-free similarity, Luo et al. 2021 (arXiv 2104.08860).`,
  params: z.strictObject({
    axis: z.string().min(1).default('frame').describe('The name of the axis.'),
  }),
  inputs: {
    input: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['*'], leading: true },
      doc: 'Any float tensor that has the axis.',
    },
  },
  precise: true,
  types: (p, inputs) => {
    const { dims } = port(inputs, 'input', 'tensor')
    const names = dims.map(d => d.name)
    if (p.axis === 'batch')
      throw new GraphFault('DT052', 'the mean over the batch would mix rows', {
        field: 'params.axis',
        hint: `Name another axis: ${names.filter(n => n !== 'batch').join(', ')}.`,
      })
    if (!names.includes(p.axis))
      throw new GraphFault('DT052', `there is no axis "${p.axis}"`, {
        field: 'params.axis',
        hint: `The wire has ${names.join(', ')}.`,
      })
    return { output: tensorPort('float', ...dims.filter(d => d.name !== p.axis)) }
  },
  build: (s, p, inputs, types) => ({
    output: s.b.mean(asVar(inputs.input, 'input'), [
      port(types.inputs, 'input', 'tensor').dims.findIndex(d => d.name === p.axis),
    ]),
  }),
})
