import { readClips } from '../../data/scenes/clip-dataset.ts'
import type { Services } from '../../graph/host.ts'
import { datasetOf } from '../values.ts'
import type { ServiceContext } from './context.ts'

export const sceneClips =
  ({ signal, progress }: ServiceContext): Services['sceneClips'] =>
  async options =>
    datasetOf(await readClips(options, { signal, progress: p => progress('making clips', p.done, p.total) }))
