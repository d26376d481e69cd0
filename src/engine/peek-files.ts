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
import { mayLook } from './services/places.ts'

type Peeks = Pick<Services, 'peekWebdataset' | 'peekParquet' | 'peekRecords' | 'peekCoco'>

/** The schemas of files, by a look at their first rows; remembered until a file changes. */
export const peekFiles = (context: ServiceContext): Peeks => ({
  peekWebdataset: async ({ path, kinds }) => {
    const { folder, signal } = context
    const pattern = resolve(folder, path)
    await mayLook(context, expandBraces(pattern))
    const look = () => peekSource(webdatasetSource(pattern), kinds, undefined, signal)
    return remember(['webdataset', pattern, kinds], expandBraces(pattern), look, signal)
  },
  peekParquet: async ({ path, kinds }) => {
    const { folder, signal } = context
    const pattern = resolve(folder, path)
    await mayLook(context, expandBraces(pattern))
    const look = async () => peekSource(await parquetSource(pattern), kinds, undefined, signal)
    return remember(['parquet', pattern, kinds], expandBraces(pattern), look, signal)
  },
  peekRecords: async options => {
    const { folder, signal } = context
    const file = inFolder(folder, options)
    const look = () => peekSource(recordsSource(file), options.kinds, undefined, signal)
    // Whether a text names a picture depends on the pictures there.
    const seen = [file.images ?? dirname(file.path), ...expandBraces(file.path)]
    await mayLook(context, seen)
    return remember(['records', file], seen, look, signal)
  },
  peekCoco: async options => {
    const { folder, signal } = context
    const file = inFolder(folder, options)
    await mayLook(
      context,
      [file.path, file.more, file.images].filter(path => path !== undefined),
    )
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
