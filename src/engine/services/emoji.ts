import { readEmoji } from '../../data/emoji.ts'
import type { Services } from '../../graph/host.ts'
import { datasetOf } from '../values.ts'
import type { ServiceContext } from './context.ts'

export const emoji =
  ({ signal, bad }: ServiceContext): Services['emoji'] =>
  async options => {
    const table = await readEmoji({ ...options, signal })
    bad(table.bad)
    return datasetOf(table)
  }
