import { resolve } from 'node:path'
import { readSource } from '../../data/read/collect.ts'
import { parquetSource } from '../../data/read/parquet.ts'
import type { Services } from '../../graph/host.ts'
import { datasetOf } from '../values.ts'
import { readJob, type ServiceContext } from './context.ts'

export const parquet =
  (context: ServiceContext): Services['parquet'] =>
  async options => {
    const source = await parquetSource(resolve(context.folder, options.path))
    const table = await readSource(source, { ...readJob(context), ...options })
    context.bad(table.bad)
    return datasetOf(table)
  }
