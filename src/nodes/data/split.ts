import { defineHost, z } from '../../graph/kit.ts'
import { checkColumn, datasetAt, rowsInput, schemaAt, seedParam, unknownRows } from './tables.ts'

export const split = defineHost({
  type: 'data.split',
  version: 1,
  title: 'Split',
  category: 'data',
  doc: `Two parts, \`train\` and \`test\`, that share no row. A row's side depends on the seed and its id alone, never on
its place: adding or removing data moves no other row to the other side. With \`by\`, rows that hold the same in that
column (the picture, the person, the base emoji) stay together, so that nothing leaks from train to test.

The share is met in expectation: each row, or group, falls into test with that probability.

Source: splitting by hash of the example's name, as in Speech Commands, Warden 2018 (arXiv 1804.03209).`,
  params: z.strictObject({
    share: z.number().gt(0).lt(1).default(0.1).describe('Share of the test part.'),
    by: z.string().min(1).optional().describe('Column whose equal rows stay together.'),
    seed: seedParam.describe('Seed of the split.'),
  }),
  inputs: rowsInput,
  uses: ['split'],
  types: (p, inputs) => {
    const schema = schemaAt(inputs)
    if (p.by !== undefined) checkColumn(schema, p.by, 'params.by')
    return { train: unknownRows(schema), test: unknownRows(schema) }
  },
  run: async ({ services }, p, inputs) => services.split(datasetAt(inputs), p),
})
