import { joinTables } from '../../data/tables/join.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, datasetOf } from '../values.ts'

export const join = (): Services['join'] => async (left, right, options) =>
  datasetOf(joinTables(asDataset(left).table, asDataset(right).table, options))
