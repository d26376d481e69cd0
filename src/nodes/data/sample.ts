import { GraphFault } from '../../graph/diagnostic.ts'
import { defineHost, z } from '../../graph/kit.ts'
import type { DatasetSchema } from '../../graph/schema.ts'
import { checkColumn, datasetAt, rowsInput, schemaAt, seedParam } from './tables.ts'

function checkWeight(schema: DatasetSchema, weight: string | undefined): void {
  if (weight === undefined) return
  checkColumn(schema, weight, 'params.weight')
  const { kind } = schema.fields[weight]!
  if (kind !== 'int' && kind !== 'float')
    throw new GraphFault('DT050', `column "${weight}" is ${kind}; weights are numbers`, {
      field: 'params.weight',
      hint: 'Make a column of numbers with a Map node.',
    })
}

export const sample = defineHost({
  type: 'data.sample',
  version: 1,
  title: 'Sample',
  category: 'data',
  doc: `A random part of the rows, in their order: \`rows\` of them, else the \`share\`. Which rows depends on the seed and
their ids alone, so a larger sample of one seed contains the smaller ones: a learning curve over 1,000, 2,000 and
4,000 rows adds rows and never swaps them.

With \`weight\` a row is drawn in proportion to the number in that column: a long tail of classes from a table in
which each comes once, or examples by their quality. With \`replace\` a row may be drawn again, so that rows come
in these proportions, however many are drawn; without, a heavy row comes once.

Source: bottom-k sampling by hash, Cohen and Kaplan 2007, "Summarizing data using bottom-k sketches"; weights:
Efraimidis and Spirakis 2006, "Weighted random sampling with a reservoir".`,
  params: z.strictObject({
    rows: z.int().min(1).optional().describe('Number of rows; instead of a share.'),
    share: z.number().gt(0).max(1).default(0.1).describe('Share of the rows, where no number is given.'),
    weight: z
      .string()
      .min(1)
      .optional()
      .describe('A column of numbers that rows are drawn in proportion to; otherwise all alike.'),
    replace: z.boolean().default(false).describe('Whether a row may be drawn again.'),
    seed: seedParam.describe('Seed of the choice.'),
  }),
  inputs: rowsInput,
  uses: ['sample'],
  types: (p, inputs) => {
    const schema = schemaAt(inputs)
    const { rows } = schema
    checkWeight(schema, p.weight)
    if (!p.replace && p.rows !== undefined && rows !== undefined && p.rows > rows)
      throw new GraphFault('DT052', `a sample of ${p.rows} rows from a dataset of ${rows}`, {
        field: 'params.rows',
        hint: `Set rows to at most ${rows}, or draw with replacement.`,
      })
    const kept = p.rows ?? (rows === undefined ? undefined : Math.round(rows * p.share))
    const { rows: _, ...rest } = schema
    return { dataset: { kind: 'dataset', schema: { ...rest, ...(kept !== undefined && { rows: kept }) } } }
  },
  run: async ({ services }, p, inputs) => {
    const amount = p.rows === undefined ? { share: p.share } : { rows: p.rows }
    const { seed, weight, replace } = p
    return { dataset: await services.sample(datasetAt(inputs), { amount, seed, weight, replace }) }
  },
})
