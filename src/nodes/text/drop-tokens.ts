import { asField, defineDevice, port, z } from '../../graph/kit.ts'
import { dropTokens } from '../../nn/token-drop.ts'

export const textDropTokens = defineDevice({
  type: 'text.dropTokens',
  version: 1,
  title: 'Drop tokens',
  category: 'text',
  doc: `A random view of each text while training: every token is taken out with probability \`rate\`, and the rest moves
together. The first token and the end-of-text token stay. Evaluations see the text unchanged.

Source: random deletion of Wei & Zou 2019 (arXiv 1901.11196), section 2, on tokens.`,
  params: z.strictObject({
    rate: z.number().min(0).max(1).default(0.2).describe('Probability that a token is taken out.'),
  }),
  inputs: { text: { accepts: { kind: 'record', record: 'tok' }, doc: 'Token ids from a Batch.' } },
  types: (_, inputs) => ({ text: port(inputs, 'text', 'record') }),
  build: (s, p, inputs) => {
    const [given, end, valid] = ['ids', 'eot', 'valid'].map(f => asField(inputs.text, 'text', f))
    if (s.mode === 'eval' || p.rate === 0) return { text: { ids: given!, valid: valid!, eot: end! } }
    const { b } = s
    const { ids, eot } = dropTokens(s, { ids: given!, eot: end! }, p.rate)
    const place = b.iota('s32', ids.type.shape, 1)
    return { text: { ids, valid: b.compare('LE', place, b.reshape(eot, [ids.type.shape[0]!, 1])), eot } }
  },
})
