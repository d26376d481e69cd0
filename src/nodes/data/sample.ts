import { GraphFault } from '../../graph/diagnostic.ts'
import { defineHost, z } from '../../graph/kit.ts'
import { datasetAt, rowsInput, schemaAt, seedParam } from './tables.ts'

export const sample = defineHost({
  type: 'data.sample',
  version: 1,
  title: 'Sample',
  category: 'data',
  doc: `A random part of the rows, without replacement and in their order: \`rows\` of them, else the \`share\`. Which
rows depends on the seed and their ids alone, so a larger sample of one seed contains the smaller ones: a learning
curve over 1,000, 2,000 and 4,000 rows adds rows and never swaps them.

Source: bottom-k sampling by hash, Cohen and Kaplan 2007, "Summarizing data using bottom-k sketches".`,
  params: z.strictObject({
    rows: z.int().min(1).optional().describe('Number of rows; instead of a share.'),
    share: z.number().gt(0).max(1).default(0.1).describe('Share of the rows, where no number is given.'),
    seed: seedParam.describe('Seed of the choice.'),
  }),
  inputs: rowsInput,
  uses: ['sample'],
  types: (p, inputs) => {
    const schema = schemaAt(inputs)
    const { rows } = schema
    if (p.rows !== undefined && rows !== undefined && p.rows > rows)
      throw new GraphFault('DT052', `a sample of ${p.rows} rows from a dataset of ${rows}`, {
        field: 'params.rows',
        hint: `Set rows to at most ${rows}.`,
      })
    const kept = p.rows ?? (rows === undefined ? undefined : Math.round(rows * p.share))
    const { rows: _, ...rest } = schema
    return { dataset: { kind: 'dataset', schema: { ...rest, ...(kept !== undefined && { rows: kept }) } } }
  },
  run: async ({ services }, p, inputs) => {
    const amount = p.rows === undefined ? { share: p.share } : { rows: p.rows }
    return { dataset: await services.sample(datasetAt(inputs), { amount, seed: p.seed }) }
  },
})
