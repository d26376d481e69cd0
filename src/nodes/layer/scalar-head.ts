import { asVar, defineDevice, port, precisionParam, weightParams, z } from '../../graph/kit.ts'
import { tensorPort } from '../../graph/types.ts'
import { linear } from '../../nn/linear.ts'

export const scalarHead = defineDevice({
  type: 'layer.scalarHead',
  version: 1,
  title: 'Scalar head',
  category: 'layer',
  doc: `One number for each vector, $y = w \\cdot x + b$: a score, a reward, an energy, a confidence. Weights start normal with
standard deviation $D^{-1/2}$, the bias at 0.

Source: torch.nn.Linear(D, 1), with its weight names.`,
  params: z.strictObject({
    bias: z.boolean().default(true).describe('Add a learned bias.'),
    ...weightParams,
    ...precisionParam,
  }),
  inputs: {
    input: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['*'], leading: true },
      doc: 'Any float tensor; its last axis holds the vectors.',
    },
  },
  types: (_, inputs) => ({
    output: tensorPort('float', ...port(inputs, 'input', 'tensor').dims.slice(0, -1)),
  }),
  build: (s, p, inputs) => {
    const x = asVar(inputs.input, 'input')
    return { output: s.b.reshape(linear(s, x, 1, { bias: p.bias }), x.type.shape.slice(0, -1)) }
  },
})
