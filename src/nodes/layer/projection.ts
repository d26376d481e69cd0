import { asVar, defineDevice, port, precisionParam, weightParams, z } from '../../graph/kit.ts'
import { dim, tensorPort } from '../../graph/types.ts'
import { linear } from '../../nn/linear.ts'

export const projection = defineDevice({
  type: 'layer.projection',
  version: 1,
  title: 'Linear projection',
  category: 'layer',
  doc: `A linear map of the last axis into a joint embedding space: $y = W x$ (+ b), $W \\in [E, D]$. CLIP's has no
bias. Weights start normal with standard deviation $D^{-1/2}$, or at zero: a new branch that starts at zero leaves
what it is added to as it is, and learns as long as its own output is not multiplied by another zero.

Source: Radford et al. 2021 (arXiv 2103.00020), Figure 3 (W_i, W_t); zero: Zhang et al. 2023 (ControlNet, arXiv
2302.05543), section 3.1.`,
  params: z.strictObject({
    size: z.int().min(1).max(65_536).default(192).describe('Width of the result.'),
    bias: z.boolean().default(false).describe('Add a learned bias.'),
    start: z.enum(['normal', 'zero']).default('normal').describe('What the weights start as.'),
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
  build: (s, p, inputs) => {
    const x = asVar(inputs.input, 'input')
    const init = p.start === 'zero' ? ({ kind: 'zeros' } as const) : undefined
    return { output: linear(s, x, p.size, { bias: p.bias, init }) }
  },
})
