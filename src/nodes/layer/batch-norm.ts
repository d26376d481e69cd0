import { asVar, defineDevice, port, precisionParam, weightParams, z } from '../../graph/kit.ts'
import { batchNorm as normalise } from '../../nn/batch-norm.ts'

export const batchNorm = defineDevice({
  type: 'layer.batchNorm',
  version: 1,
  title: 'Batch norm',
  category: 'layer',
  doc: `Brings each feature to mean 0 and variance 1 over all vectors of the batch, then scales and shifts it:

$$y = \\frac{x - \\mu_B}{\\sqrt{\\sigma_B^2 + \\varepsilon}} \\odot \\gamma + \\beta$$

While training $\\mu_B$ and $\\sigma_B^2$ are those of the batch, and running statistics follow them once a step,
$\\bar\\mu \\leftarrow (1 - m)\\,\\bar\\mu + m\\,\\mu_B$, the variance with Bessel's correction; evaluations use the running ones. They are
state, saved with the weights and never trained; nodes that share them update them one after the other. A frozen
node still normalises by its batch and updates them, as PyTorch's does in train mode; with \`constWeights\` it leaves
them alone.

Source: Ioffe and Szegedy 2015 (arXiv 1502.03167), Algorithms 1 and 2; torch.nn.BatchNorm1d, with its weight names.`,
  params: z.strictObject({
    eps: z.number().gt(0).default(1e-5).describe('Added to the variance.'),
    momentum: z.number().gt(0).max(1).default(0.1).describe('Share of a batch in the running statistics.'),
    ...weightParams,
    ...precisionParam,
  }),
  inputs: {
    input: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['*'], leading: true },
      doc: 'Any float tensor; its last axis holds the features.',
    },
  },
  types: (_, inputs) => ({ output: port(inputs, 'input', 'tensor') }),
  build: (s, p, inputs) => ({ output: normalise(s, asVar(inputs.input, 'input'), p) }),
})
