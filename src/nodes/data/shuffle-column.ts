import { GraphFault, suggest } from '../../graph/diagnostic.ts'
import type { DatasetValue } from '../../graph/host.ts'
import { defineHost, port, z } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'

export const shuffleColumn = defineHost({
  type: 'data.shuffleColumn',
  version: 1,
  title: 'Shuffle column',
  category: 'data',
  doc: `Gives every row the value of another row in one column. A control: a model trained on pictures with
shuffled captions has nothing true to learn, so its evaluations must fall to chance.

Source: the randomization test of Zhang et al. 2017 (arXiv 1611.03530), section 2.1.`,
  params: z.strictObject({
    column: z.string().default('caption').describe('The column whose values move.'),
    seed: z.int().min(0).default(0).describe('Seed of the permutation.'),
  }),
  inputs: { dataset: { accepts: { kind: 'host', of: 'dataset' }, doc: 'The rows.' } },
  uses: ['shuffleColumn'],
  types: (p, inputs) => {
    const { schema } = port(inputs, 'dataset', 'dataset')
    if (!own(schema.fields, p.column))
      throw new GraphFault('DT050', `the dataset has no column "${p.column}"`, {
        field: 'params.column',
        hint: suggest(p.column, Object.keys(schema.fields)),
      })
    return { dataset: { kind: 'dataset', schema } }
  },
  run: async ({ services }, p, inputs) => ({
    dataset: await services.shuffleColumn(inputs.dataset as DatasetValue, p),
  }),
})
