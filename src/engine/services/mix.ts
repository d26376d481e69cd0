import { mixTables } from '../../data/tables/mix.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, datasetOf } from '../values.ts'

export const mix = (): Services['mix'] => async (datasets, options) =>
  datasetOf(
    mixTables(
      datasets.map(d => asDataset(d).table),
      options,
    ),
  )
