import { resolve } from 'node:path'
import { readSource } from '../../data/read/collect.ts'
import { webdatasetSource } from '../../data/read/webdataset.ts'
import type { Services } from '../../graph/host.ts'
import { datasetOf } from '../values.ts'
import { readJob, type ServiceContext } from './context.ts'

export const webdataset =
  (context: ServiceContext): Services['webdataset'] =>
  async options => {
    const source = webdatasetSource(resolve(context.folder, options.path))
    const table = await readSource(source, { ...readJob(context), ...options })
    context.bad(table.bad)
    return datasetOf(table)
  }
