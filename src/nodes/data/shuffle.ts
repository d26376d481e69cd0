import { defineHost, z } from '../../graph/kit.ts'
import { datasetAt, rowsInput, schemaAt, seedParam } from './tables.ts'

export const shuffle = defineHost({
  type: 'data.shuffle',
  version: 1,
  title: 'Shuffle',
  category: 'data',
  doc: `The rows in a random order, which depends on the seed and their ids, not on the order they came in. Training
needs none: a Batch draws its own order every epoch. For a control that breaks pairs apart, see Shuffle column.

Source: sorting by random keys; Knuth, The Art of Computer Programming 2, section 3.4.2.`,
  params: z.strictObject({ seed: seedParam.describe('Seed of the order.') }),
  inputs: rowsInput,
  uses: ['shuffle'],
  types: (_, inputs) => ({ dataset: { kind: 'dataset', schema: schemaAt(inputs) } }),
  run: async ({ services }, p, inputs) => ({ dataset: await services.shuffle(datasetAt(inputs), p) }),
})
