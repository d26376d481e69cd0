import { mapTable } from '../../data/sql/map.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, datasetOf } from '../values.ts'
import type { ServiceContext } from './context.ts'

export const map =
  ({ signal }: ServiceContext): Services['map'] =>
  async (dataset, options) =>
    datasetOf(await mapTable(asDataset(dataset).table, { ...options, signal }))
