import { GraphFault } from '../../graph/diagnostic.ts'
import { asVar, defineDevice, port, z } from '../../graph/kit.ts'
import { lossPort, showPort } from '../../graph/types.ts'
import { elementCount } from '../../ir/types.ts'

export const meanSquaredError = defineDevice({
  type: 'objective.meanSquaredError',
  version: 1,
  title: 'Mean squared error',
  category: 'objective',
  doc: `The mean over all elements of the squared difference, $L = \\frac1N \\sum_i (x_i - y_i)^2$. The gradient goes to both sides;
wire a target through Bind, or from frozen nodes, to keep it fixed.

Source: torch.nn.MSELoss.`,
  params: z.strictObject({}),
  inputs: {
    prediction: {
      accepts: { kind: 'tensor', dtype: 'float', dims: [], leading: true },
      doc: 'Any float tensor.',
    },
    target: {
      accepts: { kind: 'tensor', dtype: 'float', dims: [], leading: true },
      doc: 'A tensor of the same shape.',
    },
  },
  precise: true,
  types: (_, inputs) => {
    const [x, y] = [port(inputs, 'prediction', 'tensor'), port(inputs, 'target', 'tensor')]
    if (String(x.dims.map(d => d.size)) !== String(y.dims.map(d => d.size)))
      throw new GraphFault(
        'DT034',
        `both sides need one shape: "prediction" is ${showPort(x)}, "target" is ${showPort(y)}`,
        { port: 'target', hint: 'Put a "layer.projection" before one of them.' },
      )
    return { loss: lossPort }
  },
  build: (s, _, inputs) => {
    const { b } = s
    const gap = b.sub(asVar(inputs.prediction, 'prediction'), asVar(inputs.target, 'target'))
    const { shape, dtype } = gap.type
    const sum = b.sum(b.mul(gap, gap), [...shape.keys()])
    return { loss: { sum, count: b.scalar(dtype, elementCount(shape)) } }
  },
})
