import { asVar, defineDevice, port, precisionParam, weightParams, z } from '../../graph/kit.ts'
import { dim, tensorPort } from '../../graph/types.ts'
import { mlp as build } from '../../nn/mlp.ts'

export const mlp = defineDevice({
  type: 'layer.mlp',
  version: 1,
  title: 'MLP',
  category: 'layer',
  doc: `Linear maps with a non-linearity after each but the last, over the last axis: $y = W_n\\, a(\\dots a(W_1 x + b_1) \\dots) + b_n$.
With \`batchNorm\` each hidden layer is normalised over the batch first, as projectors of self-supervised losses are
(SLIP: 3 layers, hidden 4096, size 256).

Source: Chen et al. 2020 (arXiv 2002.05709), section 2.1; Mu et al. 2021 (arXiv 2112.12750), whose weight names these
are.`,
  params: z.strictObject({
    size: z.int().min(1).max(65_536).default(128).describe('Width of the result.'),
    hidden: z.int().min(1).max(65_536).default(256).describe('Width between the linear maps.'),
    layers: z.int().min(1).max(16).default(2).describe('Number of linear maps.'),
    activation: z
      .enum(['relu', 'gelu', 'gelu_pytorch_tanh', 'quick_gelu', 'silu'])
      .default('relu')
      .describe('The non-linearity.'),
    batchNorm: z.boolean().default(false).describe('Normalise hidden layers over the batch.'),
    ...weightParams,
    ...precisionParam,
  }),
  inputs: {
    input: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['*'], leading: true },
      doc: 'Any float tensor.',
    },
  },
  types: (p, inputs) => {
    const { dims } = port(inputs, 'input', 'tensor')
    return { output: tensorPort('float', ...dims.slice(0, -1), dim('embed', p.size)) }
  },
  build: (s, p, inputs) => ({ output: build(s, asVar(inputs.input, 'input'), p) }),
})
