import { resolve } from 'node:path'
import { readFolder } from '../../data/folder.ts'
import type { Services } from '../../graph/host.ts'
import { datasetOf } from '../values.ts'
import type { ServiceContext } from './context.ts'

export const folder =
  ({ folder: base, signal, progress, bad }: ServiceContext): Services['folder'] =>
  async options => {
    const table = await readFolder({
      ...options,
      path: resolve(base, options.path),
      signal,
      progress: p => progress('reading pictures', p.done, p.total),
    })
    bad(table.bad)
    return datasetOf(table)
  }
