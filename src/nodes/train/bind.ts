import { defineDevice, z } from '../../graph/kit.ts'
import type { PortType } from '../../graph/types.ts'

export const bind = defineDevice({
  type: 'weights.bind',
  version: 1,
  title: 'Bind',
  category: 'train',
  doc: `Closes a wire over given weights: the same nodes, but with the weights of another wire instead of the live ones,
as in an evaluation (no dropout, running statistics), while a loss compares them with the live ones. These weights
are never trained. Both see the same batch, augmented once.

So a frozen reference needs no second copy of a network: wire the network's output here beside the weights of an
earlier Train. For a wire $y = f(x; \\theta)$ and given weights $\\theta_0$ the result is $f(x; \\theta_0)$.

Source: the reference policy $\\pi_0$ of Ziegler et al. 2019 (arXiv 1909.08593), section 2.`,
  params: z.strictObject({}),
  inputs: {
    input: { accepts: { kind: 'device' }, doc: 'The wire to close.' },
    weights: {
      accepts: { kind: 'host', of: 'weights' },
      doc: 'Weights for every node that the wire is made from.',
    },
  },
  binds: { wire: 'input', weights: 'weights' },
  types: (_, inputs) => ({ output: inputs.input as PortType }),
  build: (_, __, inputs) => ({ output: inputs.input! }),
})
