import { dirname, resolve } from 'node:path'
import { expandBraces } from '../data/read/braces.ts'
import { cocoSource } from '../data/read/coco.ts'
import { peekSource } from '../data/read/collect.ts'
import { parquetSource } from '../data/read/parquet.ts'
import { recordsSource } from '../data/read/records.ts'
import { webdatasetSource } from '../data/read/webdataset.ts'
import type { Services } from '../graph/host.ts'
import { remember } from './peek.ts'
import { inFolder, type ServiceContext } from './services/context.ts'

type Peeks = Pick<Services, 'peekWebdataset' | 'peekParquet' | 'peekRecords' | 'peekCoco'>

/** The schemas of files, by a look at their first rows; remembered until a file changes. */
export const peekFiles = ({ folder, signal }: ServiceContext): Peeks => ({
  peekWebdataset: ({ path, kinds }) => {
    const pattern = resolve(folder, path)
    const look = () => peekSource(webdatasetSource(pattern), kinds, undefined, signal)
    return remember(['webdataset', pattern, kinds], expandBraces(pattern), look, signal)
  },
  peekParquet: ({ path, kinds }) => {
    const pattern = resolve(folder, path)
    const look = async () => peekSource(await parquetSource(pattern), kinds, undefined, signal)
    return remember(['parquet', pattern, kinds], expandBraces(pattern), look, signal)
  },
  peekRecords: options => {
    const file = inFolder(folder, options)
    const look = () => peekSource(recordsSource(file), options.kinds, undefined, signal)
    // Whether a text names a picture depends on the pictures there.
    const pictures = file.images ?? dirname(file.path)
    return remember(['records', file], [...expandBraces(file.path), pictures], look, signal)
  },
  peekCoco: options => {
    const file = inFolder(folder, options)
    const look = async () => {
      const { source, attribution } = await cocoSource(file)
      return peekSource(source, {}, attribution, signal)
    }
    return remember(
      ['coco', file],
      file.more === undefined ? [file.path] : [file.path, file.more],
      look,
      signal,
    )
  },
})
