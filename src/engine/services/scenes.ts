import { readScenes } from '../../data/scenes/dataset.ts'
import type { Services } from '../../graph/host.ts'
import { datasetOf } from '../values.ts'
import type { ServiceContext } from './context.ts'

export const scenes =
  ({ signal, progress }: ServiceContext): Services['scenes'] =>
  async options =>
    datasetOf(
      await readScenes(options, { signal, progress: p => progress('making scenes', p.done, p.total) }),
    )
