import { asVar, defineDevice, port, z } from '../../graph/kit.ts'
import { l2Normalize } from '../../nn/normalize.ts'

export const normalize = defineDevice({
  type: 'layer.normalize',
  version: 1,
  title: 'L2 normalise',
  category: 'layer',
  doc: `Makes the last axis unit length, $y = x / \\max(\\lVert x \\rVert_2, \\varepsilon)$, so that dot products are cosines.

Source: torch.nn.functional.normalize; CLIP: Radford et al. 2021 (arXiv 2103.00020), Figure 3.`,
  params: z.strictObject({
    eps: z.number().gt(0).default(1e-12).describe('Lower bound of the length.'),
  }),
  inputs: {
    input: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['*'], leading: true },
      doc: 'Any float tensor.',
    },
  },
  precise: true,
  types: (_, inputs) => ({ output: port(inputs, 'input', 'tensor') }),
  build: (s, p, inputs) => ({ output: l2Normalize(s.b, asVar(inputs.input, 'input'), { eps: p.eps }) }),
})
