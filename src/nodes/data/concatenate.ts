import { defineHost, z } from '../../graph/kit.ts'
import { concatenatedFields } from './fields.ts'
import { attributionOf, datasetsAt, schemasAt } from './tables.ts'

export const concatenate = defineHost({
  type: 'data.concatenate',
  version: 1,
  title: 'Concatenate',
  category: 'data',
  doc: `The rows of several datasets, one dataset after the other, with the columns that all of them have. Columns of
one name must be of one kind; a category gets the classes of all. An id that occurs again gets a number, \`cat#2\`.

Source: UNION ALL in SQL; Hugging Face datasets, \`concatenate_datasets\`.`,
  params: z.strictObject({}),
  inputs: {
    datasets: { accepts: { kind: 'host', of: 'dataset' }, list: true, doc: 'The datasets, in order.' },
  },
  uses: ['concatenate'],
  types: (_, inputs) => {
    const schemas = schemasAt(inputs, 'datasets')
    if (!schemas) return { dataset: { kind: 'unknown' } }
    const rows = schemas.reduce<number | undefined>(
      (sum, s) => (sum === undefined || s.rows === undefined ? undefined : sum + s.rows),
      0,
    )
    const schema = {
      fields: concatenatedFields(schemas),
      ...(rows !== undefined && { rows }),
      ...attributionOf(schemas),
    }
    return { dataset: { kind: 'dataset', schema } }
  },
  run: async ({ services }, _, inputs) => {
    const datasets = datasetsAt(inputs, 'datasets')
    const fields = concatenatedFields(datasets.map(d => d.schema))
    return { dataset: await services.concatenate(datasets, { fields }) }
  },
})
