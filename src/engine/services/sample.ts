import { sampleTable } from '../../data/tables/sample.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, datasetOf } from '../values.ts'

export const sample =
  (): Services['sample'] =>
  async (dataset, { amount, seed }) =>
    datasetOf(sampleTable(asDataset(dataset).table, amount, seed))
