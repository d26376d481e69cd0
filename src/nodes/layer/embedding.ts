import { asVar, defineDevice, port, precisionParam, weightParams, z } from '../../graph/kit.ts'
import { dim, tensorPort } from '../../graph/types.ts'
import { embedding as lookUp } from '../../nn/embedding.ts'

export const embedding = defineDevice({
  type: 'layer.embedding',
  version: 1,
  title: 'Embedding table',
  category: 'layer',
  doc: `A learned vector for each of \`entries\` numbers, such as the classes of a category column: $y = E_{id}$,
$0 \\le id < \\mathrm{entries}$. Rows start normal with standard deviation 0.02.

Source: torch.nn.Embedding, with its weight name.`,
  params: z.strictObject({
    entries: z.int().min(1).max(16_777_216).default(256).describe('Number of vectors.'),
    size: z.int().min(1).max(65_536).default(128).describe('Width of a vector.'),
    ...weightParams,
    ...precisionParam,
  }),
  inputs: {
    ids: { accepts: { kind: 'tensor', dtype: 'int', dims: [], leading: true }, doc: 'Which vectors.' },
  },
  types: (p, inputs) => ({
    output: tensorPort('float', ...port(inputs, 'ids', 'tensor').dims, dim('embed', p.size)),
  }),
  build: (s, p, inputs) => ({
    output: lookUp(s, asVar(inputs.ids, 'ids'), { vocab: p.entries, width: p.size }),
  }),
})
