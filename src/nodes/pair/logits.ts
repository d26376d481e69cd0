import { GraphFault } from '../../graph/diagnostic.ts'
import { asVar, defineDevice, port, weightParams, z } from '../../graph/kit.ts'
import { dim, showPort, tensorPort } from '../../graph/types.ts'
import { logitScale } from '../../nn/logit-scale.ts'

export const logits = defineDevice({
  type: 'pair.logits',
  version: 1,
  title: 'Pair logits',
  category: 'pair',
  doc: `Compares every image with every text: $\\ell_{ij} = e^{s}\\, x_i \\cdot y_j$ with unit rows $x_i$, $y_j$ and a learned
logit scale $s$, which starts at $\\ln(1/0.07)$ and is kept in $[0, \\ln 100]$ after every step.

Source: Radford et al. 2021 (arXiv 2103.00020), section 2.5 and Figure 3.`,
  params: z.strictObject({
    initialScale: z
      .number()
      .gt(0)
      .max(100)
      .default(1 / 0.07)
      .describe('The scale e^s at the start.'),
    ...weightParams,
  }),
  inputs: {
    image: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', '*'] },
      doc: 'Unit embeddings of images.',
    },
    text: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', '*'] },
      doc: 'Unit embeddings of texts.',
    },
  },
  pairs: { rows: 'image', columns: 'text' },
  precise: true,
  types: (_, inputs) => {
    const [image, text] = [port(inputs, 'image', 'tensor'), port(inputs, 'text', 'tensor')]
    const [rows, width] = image.dims
    const [columns, other] = text.dims
    if (width!.size !== other!.size)
      throw new GraphFault(
        'DT034',
        `both sides need one width: "image" is ${showPort(image)}, "text" is ${showPort(text)}`,
        { port: 'text', hint: 'Put a "layer.projection" of the same size before each.' },
      )
    return {
      pairs: {
        kind: 'record',
        record: 'pairs',
        fields: {
          logits: tensorPort('float', rows!, dim('batch′', columns!.size)),
          scale: tensorPort('float'),
        },
      },
    }
  },
  build: (s, p, inputs) => {
    const { b } = s
    const image = asVar(inputs.image, 'image') // [B, E]
    const text = asVar(inputs.text, 'text') // [B′, E]
    const scale = logitScale(s, { init: Math.log(p.initialScale) })
    const cosines = b.dotGeneral(image, text, {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [1],
      rhsContract: [1],
    }) // [B, B′]
    return { pairs: { logits: b.mul(cosines, scale), scale } }
  },
})
