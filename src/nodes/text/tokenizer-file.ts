import { GraphFault } from '../../graph/diagnostic.ts'
import { defineHost, z } from '../../graph/kit.ts'

export const tokenizerFile = defineHost({
  type: 'text.tokenizerFile',
  version: 1,
  title: 'Tokenizer file',
  category: 'text',
  doc: `A Hugging Face \`tokenizer.json\`, for example CLIP's. The vocabulary size is a parameter, because every
size on a wire is known before anything runs; the file must not have more tokens than that.

Source: Hugging Face tokenizers, the tokenizer.json format.`,
  params: z.strictObject({
    path: z.string().min(1).describe('The file, relative to the graph file.'),
    vocabSize: z.int().min(1).max(1_000_000).default(49408).describe('Upper bound of the token ids.'),
  }),
  inputs: {},
  uses: ['tokenizerFile'],
  types: p => ({ tokenizer: { kind: 'tokenizer', vocabSize: p.vocabSize } }),
  run: async ({ services }, p) => {
    const tokenizer = await services.tokenizerFile({ path: p.path })
    if (tokenizer.vocabSize > p.vocabSize)
      throw new GraphFault(
        'DT052',
        `${p.path} has ${tokenizer.vocabSize} tokens, more than vocabSize ${p.vocabSize}. Set vocabSize to ${tokenizer.vocabSize}.`,
        { field: 'params.vocabSize' },
      )
    return { tokenizer }
  },
})
