import { GraphFault } from '../../graph/diagnostic.ts'
import { asField, type DeviceValue, defineDevice, z } from '../../graph/kit.ts'
import { lossPort, type RecordPort, showPort } from '../../graph/types.ts'
import { chunkedInfoNce } from '../../nn/chunked-contrastive.ts'
import { infoNce } from '../../nn/contrastive.ts'
import { checkChunk, checkPairs, chunkParam, similarityOf } from './pairs.ts'

export const infoNCE = defineDevice({
  type: 'objective.infoNCE',
  version: 1,
  title: 'InfoNCE',
  category: 'objective',
  doc: `The contrastive loss of CLIP: each image must pick its text among the batch, each text its image,

$$L = \\tfrac12\\big[\\mathrm{CE}(\\ell, \\mathrm{diag}) + \\mathrm{CE}(\\ell^{\\top}, \\mathrm{diag})\\big],\\qquad
\\mathrm{CE}(\\ell) = -\\frac1B\\sum_i \\log\\frac{e^{\\ell_{ii}}}{\\sum_j e^{\\ell_{ij}}}$$

Texts that belong to no image, such as captions with two words swapped, come in at \`extraTexts\` as the pairs of
the same images with them (a \`pair.logits\` that shares the weights of the first): images must then pick among
all texts, $\\sum_j$ going over theirs too, while each true text still picks among the images.

With \`chunk\` the logits are made tile by tile and made again for the gradient: the same loss, in memory that grows
with $B$ and not with $B^2$. On several devices the loss is over the batch of all of them, as everything is.

Source: van den Oord et al. 2018 (arXiv 1807.03748); "An Introduction to Vision-Language Modeling" (arXiv
2405.17247), Eq. 2; symmetric form: Radford et al. 2021 (arXiv 2103.00020), Figure 3. Equal to open_clip's
ClipLoss. Extra texts: Yuksekgonul et al. 2023 (arXiv 2210.01936), section 4; chunks: Cheng et al. 2024 (arXiv
2410.17243).`,
  params: z.strictObject({
    labelSmoothing: z.number().min(0).lt(1).default(0).describe('Share of the target spread over all pairs.'),
    ...chunkParam,
  }),
  inputs: {
    pairs: { accepts: { kind: 'record', record: 'pairs' }, doc: 'Logits of every image with every text.' },
    extraTexts: {
      accepts: { kind: 'record', record: 'pairs' },
      optional: true,
      list: true,
      doc: 'Logits of every image with texts that are wrong for all of them.',
    },
  },
  precise: true,
  types: (p, inputs) => {
    const pairs = checkPairs(inputs, p.chunk)
    for (const extra of (inputs.extraTexts ?? []) as readonly RecordPort[]) {
      if (extra.fields.logits!.dims[0]!.size !== pairs.fields.logits!.dims[0]!.size)
        throw new GraphFault(
          'DT034',
          `extra texts are compared with the same images: "pairs" is ${showPort(pairs)}, this is ${showPort(extra)}`,
          { port: 'extraTexts', hint: 'Wire the images of "pairs" to both pair nodes.' },
        )
      checkChunk(extra, 'extraTexts', p.chunk)
    }
    return { loss: lossPort }
  },
  build: (s, { chunk, labelSmoothing }, inputs) => {
    const { b } = s
    const extras = Object.values(
      (inputs.extraTexts ?? {}) as unknown as Readonly<Record<string, DeviceValue>>,
    )
    if (chunk === 0) {
      const negatives = extras.map(e => asField(e, 'extraTexts', 'logits'))
      return {
        loss: { ...infoNce(b, asField(inputs.pairs, 'pairs', 'logits'), { labelSmoothing, negatives }) },
      }
    }
    const negatives = extras.map(e => similarityOf(b, e, 'extraTexts'))
    const similarity = similarityOf(b, inputs.pairs, 'pairs')
    return { loss: { ...chunkedInfoNce(b, similarity, { chunk, labelSmoothing, negatives }) } }
  },
})
