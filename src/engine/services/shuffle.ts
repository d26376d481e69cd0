import { shuffleRows } from '../../data/tables/shuffle-rows.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, datasetOf } from '../values.ts'

export const shuffle =
  (): Services['shuffle'] =>
  async (dataset, { seed }) =>
    datasetOf(shuffleRows(asDataset(dataset).table, seed))
