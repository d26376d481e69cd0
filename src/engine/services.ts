import { resolve } from 'node:path'
import { peekEmoji } from '../data/emoji.ts'
import { scenesSchema } from '../data/scenes/dataset.ts'
import type { Services } from '../graph/host.ts'
import { peekFolderAgain } from './peek.ts'
import { bpe } from './services/bpe.ts'
import type { ServiceContext } from './services/context.ts'
import { emoji } from './services/emoji.ts'
import { folder } from './services/folder.ts'
import { scenes } from './services/scenes.ts'
import { shuffleColumn } from './services/shuffle-column.ts'
import { tokenizerFile } from './services/tokenizer-file.ts'

/** Everything that host nodes may ask for; one file a service, so that each node's cache key holds its code. */
export const servicesFor = (context: ServiceContext): Services => ({
  emoji: emoji(context),
  folder: folder(context),
  scenes: scenes(context),
  shuffleColumn: shuffleColumn(),
  bpe: bpe(context),
  tokenizerFile: tokenizerFile(context),
  peekEmoji: ({ language }) => peekEmoji(language),
  peekScenes: async options => scenesSchema(options),
  peekFolder: options =>
    peekFolderAgain({ ...options, path: resolve(context.folder, options.path), signal: context.signal }),
})
