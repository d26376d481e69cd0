import { sampleTable } from '../../data/tables/sample.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, datasetOf } from '../values.ts'

export const sample = (): Services['sample'] => async (dataset, options) =>
  datasetOf(sampleTable(asDataset(dataset).table, options))
