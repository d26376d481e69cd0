import { resolve } from 'node:path'
import { loadTokenizerFile } from '../../data/tokenizer-file.ts'
import type { Services } from '../../graph/host.ts'
import { tokenizerOf } from '../values.ts'
import type { ServiceContext } from './context.ts'

export const tokenizerFile =
  ({ folder }: ServiceContext): Services['tokenizerFile'] =>
  async ({ path }) =>
    tokenizerOf(await loadTokenizerFile(resolve(folder, path)))
