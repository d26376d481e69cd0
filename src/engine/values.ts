import { DataError } from '../data/error.ts'
import type { Table } from '../data/table.ts'
import type { Tokenizer } from '../data/tokenizer.ts'
import type { DatasetValue, HostValue, TokenizerValue } from '../graph/host.ts'

/** What dataset and tokenizer wires really carry within the engine. */
export interface EngineDataset extends DatasetValue {
  readonly table: Table
}

export interface EngineTokenizer extends TokenizerValue {
  readonly tokenizer: Tokenizer
}

export const datasetOf = (table: Table): EngineDataset => ({
  kind: 'dataset',
  schema: table.schema,
  rows: table.rows,
  hash: table.hash,
  table,
})

export const tokenizerOf = (tokenizer: Tokenizer): EngineTokenizer => ({
  kind: 'tokenizer',
  vocabSize: tokenizer.vocabSize,
  hash: tokenizer.hash,
  tokenizer,
})

export function asDataset(value: HostValue | undefined): EngineDataset {
  if (value?.kind !== 'dataset' || !('table' in value)) throw new DataError('this input is not a dataset')
  return value as EngineDataset
}

export function asTokenizer(value: HostValue | undefined): EngineTokenizer {
  if (value?.kind !== 'tokenizer' || !('tokenizer' in value))
    throw new DataError('this input is not a tokenizer')
  return value as EngineTokenizer
}
