import { shuffleColumn as shuffle } from '../../data/shuffle.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, datasetOf } from '../values.ts'

export const shuffleColumn =
  (): Services['shuffleColumn'] =>
  async (dataset, { column, seed }) =>
    datasetOf(shuffle(asDataset(dataset).table, column, seed))
