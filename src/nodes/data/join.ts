import { defineHost, z } from '../../graph/kit.ts'
import { joinedFields } from './fields.ts'
import { attributionOf, datasetAt, schemaAt, unknownRows } from './tables.ts'

export const join = defineHost({
  type: 'data.join',
  version: 1,
  title: 'Join',
  category: 'data',
  doc: `Puts two datasets side by side where their key columns are equal: scores with the pictures they are about,
captions in two languages. A left row comes once for each right row that fits.

Without \`keys\` all columns that both have, other than pictures, must be equal. Keys are compared by what they say: a category by its class's name, a text by its first variant, a picture by its
content. A missing key fits nothing. An inner join leaves out left rows without a match; a left join keeps them, with
empty texts, NaN and no class on the right. A right column whose name is taken is called \`<name>_right\`.

Source: Codd 1970, "A relational model of data for large shared data banks", section 2.1.3.`,
  params: z.strictObject({
    keys: z
      .array(z.string().min(1))
      .default([])
      .describe('Columns that must be equal; without any, all that both have, but no pictures.'),
    kind: z.enum(['inner', 'left']).default('inner').describe('Whether left rows without a match are kept.'),
  }),
  inputs: {
    left: { accepts: { kind: 'host', of: 'dataset' }, doc: 'The rows, in their order.' },
    right: { accepts: { kind: 'host', of: 'dataset' }, doc: 'What is added to them.' },
  },
  uses: ['join'],
  types: (p, inputs) => {
    const left = schemaAt(inputs, 'left')
    const right = schemaAt(inputs, 'right')
    const { fields } = joinedFields(left, right, p)
    return { dataset: unknownRows({ fields, ...attributionOf([left, right]) }) }
  },
  run: async ({ services }, p, inputs) => {
    const left = datasetAt(inputs, 'left')
    const right = datasetAt(inputs, 'right')
    const joined = joinedFields(left.schema, right.schema, p)
    return { dataset: await services.join(left, right, { ...p, ...joined }) }
  },
})
