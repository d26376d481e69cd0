import { GraphFault } from '../../graph/diagnostic.ts'
import { defineHost, z } from '../../graph/kit.ts'
import { concatenatedFields } from './fields.ts'
import { attributionOf, datasetsAt, schemasAt, seedParam } from './tables.ts'

export const mix = defineHost({
  type: 'data.mix',
  version: 1,
  title: 'Mix',
  category: 'data',
  doc: `A shuffled mixture of several datasets in the ratio of their weights. One that gives fewer rows than it has is
sampled; one that gives more repeats all of its rows before any of them comes once more. Shares are exact to one row.

Columns are those that all datasets have, as in Concatenate.

Source: mixtures of sources at fixed rates, as in T5, Raffel et al. 2020 (arXiv 1910.10683), section 3.5.2.`,
  params: z.strictObject({
    weights: z
      .array(z.number().min(0))
      .default([])
      .describe('One for each dataset; their ratio counts. Without any, all are equal.'),
    rows: z.int().min(1).max(100_000_000).default(10_000).describe('Rows of the mixture.'),
    seed: seedParam.describe('Seed of the choice and the order.'),
  }),
  inputs: {
    datasets: {
      accepts: { kind: 'host', of: 'dataset' },
      list: true,
      along: ['weights'],
      doc: 'The datasets, in the order of the weights.',
    },
  },
  uses: ['mix'],
  types: (p, inputs) => {
    const schemas = schemasAt(inputs, 'datasets')
    if (!schemas) return { dataset: { kind: 'unknown' } }
    if (p.weights.length > 0 && schemas.length !== p.weights.length)
      throw new GraphFault('DT052', `${p.weights.length} weights for ${schemas.length} datasets`, {
        field: 'params.weights',
        hint: 'Give one weight for each dataset.',
      })
    if (p.weights.length > 0 && p.weights.every(w => w === 0))
      throw new GraphFault('DT052', 'all weights are 0', {
        field: 'params.weights',
        hint: 'Give at least one dataset a weight.',
      })
    const schema = {
      fields: concatenatedFields(schemas),
      rows: p.rows,
      ...attributionOf(schemas),
    }
    return { dataset: { kind: 'dataset', schema } }
  },
  run: async ({ services }, p, inputs) => {
    const datasets = datasetsAt(inputs, 'datasets')
    const fields = concatenatedFields(datasets.map(d => d.schema))
    const weights = p.weights.length > 0 ? p.weights : datasets.map(() => 1)
    return { dataset: await services.mix(datasets, { ...p, weights, fields }) }
  },
})
