import { trainBpe } from '../../data/bpe.ts'
import { DataError } from '../../data/error.ts'
import type { Services } from '../../graph/host.ts'
import { asDataset, tokenizerOf } from '../values.ts'

export const bpe =
  (): Services['bpe'] =>
  async (dataset, { column, vocabSize, lowercase }) => {
    const values = asDataset(dataset).table.columns[column]
    if (values?.kind !== 'text') throw new DataError(`there is no text column "${column}" to learn from`)
    return tokenizerOf(await trainBpe(values.values.flat(), { vocabSize, lowercase }))
  }
