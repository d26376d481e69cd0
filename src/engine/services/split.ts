import { splitTable } from '../../data/tables/split.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, datasetOf } from '../values.ts'

export const split = (): Services['split'] => async (dataset, options) => {
  const { train, test } = splitTable(asDataset(dataset).table, options)
  return { train: datasetOf(train), test: datasetOf(test) }
}
