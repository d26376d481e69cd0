import { concatenateTables } from '../../data/tables/concatenate.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, datasetOf } from '../values.ts'

export const concatenate =
  (): Services['concatenate'] =>
  async (datasets, { fields }) =>
    datasetOf(
      concatenateTables(
        datasets.map(d => asDataset(d).table),
        fields,
      ),
    )
