import { resolve } from 'node:path'
import { peekEmoji } from '../data/emoji.ts'
import { clipsSchema } from '../data/scenes/clip-dataset.ts'
import { scenesSchema } from '../data/scenes/dataset.ts'
import type { Services } from '../graph/host.ts'
import { peekFolderAgain } from './peek.ts'
import { peekFiles } from './peek-files.ts'
import { bpe } from './services/bpe.ts'
import { coco } from './services/coco.ts'
import { concatenate } from './services/concatenate.ts'
import type { ServiceContext } from './services/context.ts'
import { emoji } from './services/emoji.ts'
import { filter } from './services/filter.ts'
import { folder } from './services/folder.ts'
import { join } from './services/join.ts'
import { map } from './services/map.ts'
import { mix } from './services/mix.ts'
import { parquet } from './services/parquet.ts'
import { mayLook } from './services/places.ts'
import { records } from './services/records.ts'
import { sample } from './services/sample.ts'
import { sceneClips } from './services/scene-clips.ts'
import { scenes } from './services/scenes.ts'
import { shuffle } from './services/shuffle.ts'
import { shuffleColumn } from './services/shuffle-column.ts'
import { split } from './services/split.ts'
import { tokenizerFile } from './services/tokenizer-file.ts'
import { webdataset } from './services/webdataset.ts'

/** Everything that host nodes may ask for; one file a service, so that each node's cache key holds its code. */
export const servicesFor = (context: ServiceContext): Services => ({
  emoji: emoji(context),
  folder: folder(context),
  scenes: scenes(context),
  sceneClips: sceneClips(context),
  webdataset: webdataset(context),
  parquet: parquet(context),
  records: records(context),
  coco: coco(context),
  filter: filter(context),
  map: map(context),
  join: join(),
  concatenate: concatenate(),
  mix: mix(),
  sample: sample(),
  shuffle: shuffle(),
  split: split(),
  shuffleColumn: shuffleColumn(),
  bpe: bpe(context),
  tokenizerFile: tokenizerFile(context),
  peekEmoji: ({ language }) => peekEmoji(language),
  peekScenes: async options => scenesSchema(options),
  peekSceneClips: async options => clipsSchema(options),
  peekFolder: async options => {
    const path = resolve(context.folder, options.path)
    await mayLook(context, options.metadata === undefined ? [path] : [path, resolve(path, options.metadata)])
    return peekFolderAgain({ ...options, path, signal: context.signal })
  },
  ...peekFiles(context),
})
