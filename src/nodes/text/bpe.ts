import { GraphFault, suggest } from '../../graph/diagnostic.ts'
import type { DatasetValue } from '../../graph/host.ts'
import { defineHost, port, z } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'

export const bpe = defineHost({
  type: 'text.bpe',
  version: 1,
  title: 'BPE tokenizer',
  category: 'text',
  doc: `Trains a byte-level byte-pair-encoding tokenizer on a text column: starting from the 256 bytes, the most
frequent pair of neighbouring symbols becomes a new symbol, until the vocabulary is full. Every text can be
encoded, whatever its language.

Source: Sennrich et al. 2016 (arXiv 1508.07909); byte-level form: Radford et al. 2019 (GPT-2), as in CLIP.`,
  params: z.strictObject({
    column: z.string().default('caption').describe('The text column to learn from.'),
    vocabSize: z
      .int()
      .min(260)
      .max(200_000)
      .default(4096)
      .describe('Number of tokens, special ones included.'),
    lowercase: z.boolean().default(true).describe('Lower-case every text first, as CLIP does.'),
  }),
  inputs: { dataset: { accepts: { kind: 'host', of: 'dataset' }, doc: 'Texts to learn from.' } },
  uses: ['bpe'],
  types: (p, inputs) => {
    const { schema } = port(inputs, 'dataset', 'dataset')
    const texts = Object.entries(schema.fields).filter(([, f]) => f.kind === 'text')
    if (own(schema.fields, p.column)?.kind !== 'text')
      throw new GraphFault('DT050', `the dataset has no text column "${p.column}"`, {
        field: 'params.column',
        hint: suggest(
          p.column,
          texts.map(([name]) => name),
        ),
      })
    return { tokenizer: { kind: 'tokenizer', vocabSize: p.vocabSize } }
  },
  run: async ({ services }, p, inputs) => ({
    tokenizer: await services.bpe(inputs.dataset as DatasetValue, p),
  }),
})
