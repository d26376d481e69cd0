import { trainBpe } from '../../data/bpe.ts'
import { DataError } from '../../data/error.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, tokenizerOf } from '../values.ts'
import type { ServiceContext } from './context.ts'

export const bpe =
  ({ signal, progress }: ServiceContext): Services['bpe'] =>
  async (dataset, { column, vocabSize, lowercase }) => {
    const values = asDataset(dataset).table.columns[column]
    if (values?.kind !== 'text') throw new DataError(`there is no text column "${column}" to learn from`)
    const told = (p: { readonly done: number; readonly total: number }) =>
      progress('learning merges', p.done, p.total)
    const tokenizer = await trainBpe(values.values.flat(), { vocabSize, lowercase, signal, progress: told })
    return tokenizerOf(tokenizer)
  }
