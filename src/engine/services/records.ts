import { readSource } from '../../data/read/collect.ts'
import { recordsSource } from '../../data/read/records.ts'
import type { Services } from '../../graph/host.ts'
import { datasetOf } from '../values.ts'
import { inFolder, readJob, type ServiceContext } from './context.ts'

export const records =
  (context: ServiceContext): Services['records'] =>
  async options => {
    const source = recordsSource(inFolder(context.folder, options))
    const table = await readSource(source, { ...readJob(context), ...options })
    context.bad(table.bad)
    return datasetOf(table)
  }
