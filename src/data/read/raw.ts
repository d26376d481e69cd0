import type { BadRow } from '../table.ts'
import type { KindSettings } from './infer.ts'
import type { Picture } from './picture.ts'

/** A row as its file has it: values of any kind by column, a `Picture` where the reader knows one. */
export interface RawRow {
  /** `captions.jsonl:12`, `shard-000.tar: sample "cat"`. */
  readonly where: string
  /** What the file itself calls the row; without it the row is known by its contents. */
  readonly id?: string
  readonly values: Readonly<Record<string, unknown>>
}

/** Where rows come from. */
export interface RowSource {
  /** What it is called in messages: `Parquet file a.parquet`. */
  readonly what: string
  /** The rows in the file's order, and those that can't be used; starts anew with each call. */
  readonly rows: (signal?: AbortSignal) => AsyncIterable<RawRow | BadRow>
  /** How many rows there are, where that is cheap to know. */
  readonly count?: number
  /** How much of the files has been read, in bytes; for progress. */
  readonly place?: () => { readonly done: number; readonly total: number }
  /** The picture that a text names, or why there is none; for sources whose texts may name pictures. */
  readonly named?: (name: string) => Promise<Picture | { readonly problem: string }>
  /** Kinds that the reader itself is sure of. */
  readonly kinds?: KindSettings
  /** Class names of columns of class numbers, where the file has them. */
  readonly classes?: Readonly<Record<string, readonly string[]>>
  /** Texts may be numbers: a CSV has nothing else. */
  readonly untyped?: boolean
  readonly close?: () => Promise<void>
}

export const isRawRow = (row: RawRow | BadRow): row is RawRow => 'values' in row
