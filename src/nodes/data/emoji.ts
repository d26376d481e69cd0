import { defineHost, z } from '../../graph/kit.ts'

export const emoji = defineHost({
  type: 'data.emoji',
  version: 1,
  title: 'Emoji',
  category: 'data',
  doc: `About 3,700 emoji pictures (Noto Emoji, 64 × 64) with names, keywords and groups from CLDR.

Columns: \`image\`, \`caption\` (several wordings a row; the first is used in evaluation), \`name\`, \`language\`,
\`group\`, \`subgroup\`, \`skin_tone\`, \`gender\`, \`id\`.

Splits are by *base emoji*: all skin tones and genders of one emoji are on the same side, so nothing leaks
from train to test. The split depends on the seed only, never on the order of the data.

Pictures: Noto Emoji, Apache-2.0, through emoji-datasource (MIT). Names: Unicode CLDR, Unicode-3.0, through
emojibase (MIT).`,
  params: z.strictObject({
    split: z.enum(['train', 'test', 'all']).default('train').describe('Which side of the split.'),
    language: z.string().default('en').describe('Language of names and keywords, such as en, de, ja.'),
    variants: z
      .boolean()
      .default(true)
      .describe('Include skin tones and genders; otherwise one row per base emoji.'),
    heldOut: z.number().gt(0).lt(1).default(0.1).describe('Share of base emoji in the test split.'),
    splitSeed: z
      .int()
      .min(0)
      .default(0)
      .describe('Seed of the split; the same in every node that shares it.'),
  }),
  inputs: {},
  uses: ['emoji'],
  peek: ({ services }, p) => services.peekEmoji({ language: p.language, split: p.split }),
  types: (_, __, schema) => ({ dataset: schema ? { kind: 'dataset', schema } : { kind: 'unknown' } }),
  run: async ({ services }, p) => ({
    dataset: await services.emoji({
      split: p.split,
      language: p.language,
      variants: p.variants,
      heldOut: p.heldOut,
      seed: p.splitSeed,
    }),
  }),
})
