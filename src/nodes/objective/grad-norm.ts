import { asField, defineDevice, z } from '../../graph/kit.ts'
import { tensorPort } from '../../graph/types.ts'
import { gradient } from '../../ir/autodiff/gradient.ts'
import { globalNorm } from '../../nn/optimizers/index.ts'

export const gradNorm = defineDevice({
  type: 'objective.gradNorm',
  version: 1,
  title: 'Gradient norm',
  category: 'objective',
  doc: `How strongly a loss pulls at one weight. With the loss $L$ and the weight $w$ it is

$$\\lVert \\partial L / \\partial w \\rVert_2$$

It needs the whole batch at once, so a Train can’t accumulate with it.
Nothing is trained through it. Two of them on the same weight balance two losses, see \`objective.adaptiveWeight\`.

Source: Esser et al. 2021 (arXiv 2012.09841), Eq. 7.`,
  params: z.strictObject({
    weight: z
      .string()
      .min(1)
      .describe('Full name of a weight that the loss uses, such as decoder/conv_out/weight.'),
  }),
  inputs: { loss: { accepts: { kind: 'record', record: 'loss' }, doc: 'The loss.' } },
  precise: true,
  types: () => ({ norm: tensorPort('float') }),
  build: (s, p, inputs) => {
    const { b } = s
    const loss = b.div(asField(inputs.loss, 'loss', 'sum'), asField(inputs.loss, 'loss', 'count'))
    return { norm: b.stopGradient(globalNorm(b, gradient(b, loss, [s.named(p.weight)]))) }
  },
})
