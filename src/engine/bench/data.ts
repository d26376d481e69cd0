import { CLIP_SIZE, type ClipSize } from './clip.ts'
import type { Benchmark } from './contender.ts'
import { DataContender } from './data-contender.ts'

export interface DataSize {
  /** The model whose steps wait for the data, and the batches that are read. */
  readonly clip: ClipSize
  readonly pictures: number
  /** Height and width of the PNG files. */
  readonly side: number
}

export const DATA_SIZE: DataSize = { clip: CLIP_SIZE, pictures: 1024, side: 128 }

/** Reading batches: from a pack and by decoding, beside a training step, and by drawing scenes. */
export const dataBenchmark = (size: DataSize): Benchmark => ({
  name: 'data',
  about: `reading ${size.pictures} pictures at ${size.clip.image} pixels from a pack, in batches of ${size.clip.batch}`,
  unit: `${size.pictures} pictures`,
  calls: 1,
  engines: ['xla'],
  peers: {},
  tolerance: 0,
  setUp: () => ({
    arrays: new Map(),
    parameters: 0,
    start: (backend, context) => DataContender.start(size, backend, context),
  }),
})
