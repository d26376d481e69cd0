import { cocoSource } from '../../data/read/coco.ts'
import { readSource } from '../../data/read/collect.ts'
import type { Services } from '../../graph/host.ts'
import { datasetOf } from '../values.ts'
import { inFolder, readJob, type ServiceContext } from './context.ts'

export const coco =
  (context: ServiceContext): Services['coco'] =>
  async options => {
    const { source, attribution } = await cocoSource(inFolder(context.folder, options))
    const job = { ...readJob(context), kinds: {}, onBadRow: options.onBadRow }
    const table = await readSource(source, { ...job, ...(attribution && { attribution }) })
    context.bad(table.bad)
    return datasetOf(table)
  }
