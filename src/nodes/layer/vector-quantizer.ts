import { asVar, defineDevice, port, weightParams, z } from '../../graph/kit.ts'
import { lossPort, tensorPort } from '../../graph/types.ts'
import { averagedQuantiser } from '../../nn/codebook-ema.ts'
import { vectorQuantiser } from '../../nn/vector-quantiser.ts'

export const vectorQuantizer = defineDevice({
  type: 'layer.vectorQuantizer',
  version: 1,
  title: 'Vector quantiser',
  category: 'layer',
  doc: `Replaces each vector by the nearest of $K$ codes, $k = \\arg\\min_j \\lVert z - e_j \\rVert^2$; the gradient passes through as if
the code were the vector. Its loss draws the vectors to their codes, with weight $\\beta$.

With a \`moving average\` codebook the codes are state: averages of the vectors they were given,

$$n_k \\leftarrow \\gamma n_k + (1 - \\gamma)\\,|\\{i : k_i = k\\}|,\\qquad m_k \\leftarrow \\gamma m_k + (1 - \\gamma) \\sum_{i : k_i = k} z_i,\\qquad e_k = m_k / n_k$$

($n$ smoothed by $\\varepsilon = 10^{-5}$), moved once a step. A code whose $n_k$ falls below \`restartBelow\` starts again at a random
vector of the batch. With a \`trained\` codebook the loss also draws the codes to their vectors, with weight 1.

Source: van den Oord et al. 2017 (arXiv 1711.00937), Eq. 1–3 and appendix A.1; restarts: Dhariwal et al. 2020
(arXiv 2005.00341), section 3. Weight names are taming-transformers'.`,
  params: z.strictObject({
    size: z.int().min(2).max(1_048_576).default(512).describe('Number of codes.'),
    codebook: z
      .enum(['moving average', 'trained'])
      .default('moving average')
      .describe('How the codes follow the vectors.'),
    beta: z.number().min(0).default(0.25).describe('Weight of the loss that draws vectors to their codes.'),
    decay: z.number().min(0).lt(1).default(0.99).describe('Share of the moving averages that a step keeps.'),
    restartBelow: z
      .number()
      .min(0)
      .default(0)
      .describe('Moving average of a code’s vectors in a step below which it starts again; 0 for never.'),
    ...weightParams,
  }),
  inputs: {
    input: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['*'], leading: true },
      doc: 'Any float tensor; its last axis holds the vectors.',
    },
  },
  precise: true,
  types: (_, inputs) => {
    const input = port(inputs, 'input', 'tensor')
    return { codes: input, indices: tensorPort('int', ...input.dims.slice(0, -1)), loss: lossPort }
  },
  build: (s, p, inputs) => {
    const x = asVar(inputs.input, 'input')
    const { codes, indices, loss } =
      p.codebook === 'trained' ? vectorQuantiser(s, x, p) : averagedQuantiser(s, x, p)
    return { codes, indices, loss: { ...loss } }
  },
})
