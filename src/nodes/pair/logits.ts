import { GraphFault } from '../../graph/diagnostic.ts'
import { asVar, defineDevice, port, weightParams, z } from '../../graph/kit.ts'
import { dim, showPort, tensorPort } from '../../graph/types.ts'
import { logitBias, logitScale } from '../../nn/logit-scale.ts'

export const logits = defineDevice({
  type: 'pair.logits',
  version: 1,
  title: 'Pair logits',
  category: 'pair',
  doc: `Compares every image with every text: $\\ell_{ij} = e^{s}\\, x_i \\cdot y_j + b$ with unit rows $x_i$, $y_j$ and a learned
logit scale $s$, which starts at $\\ln(1/0.07)$ and is kept in $[0, \\ln 100]$ after every step. The bias $b$ is 0, or
learned, for losses that judge each pair by itself: SigLIP starts with $e^s = 10$ and $b = -10$.

Source: Radford et al. 2021 (arXiv 2103.00020), section 2.5 and Figure 3; bias: Zhai et al. 2023 (arXiv
2303.15343), section 3.2. Weight names are open_clip's.`,
  params: z.strictObject({
    initialScale: z
      .number()
      .gt(0)
      .max(100)
      .default(1 / 0.07)
      .describe('The scale e^s at the start.'),
    bias: z.enum(['none', 'learned']).default('none').describe('Whether a learned bias is added.'),
    initialBias: z.number().min(-100).max(100).default(-10).describe('A learned bias at the start.'),
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
  types: (p, inputs) => {
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
          ...(p.bias === 'learned' && { bias: tensorPort('float') }),
          rows: tensorPort('float', rows!, dim('embed', width!.size)),
          columns: tensorPort('float', dim('batch′', columns!.size), dim('embed', width!.size)),
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
    const scaled = b.mul(cosines, scale)
    const parts = { scale, rows: image, columns: text }
    if (p.bias === 'none') return { pairs: { logits: scaled, ...parts } }
    const bias = logitBias(s, { init: p.initialBias })
    return { pairs: { logits: b.add(scaled, bias), bias, ...parts } }
  },
})
