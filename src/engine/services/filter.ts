import { filterTable } from '../../data/sql/filter.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, datasetOf } from '../values.ts'
import type { ServiceContext } from './context.ts'

export const filter =
  ({ signal }: ServiceContext): Services['filter'] =>
  async (dataset, { where }) =>
    datasetOf(await filterTable(asDataset(dataset).table, where, { signal }))
