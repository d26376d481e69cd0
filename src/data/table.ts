import type { DatasetSchema } from '../graph/schema.ts'

/** The part of a file that is a picture: bytes of it (a tar), or a cell of a parquet file. */
export type FilePart =
  | { readonly offset: number; readonly length: number }
  | { readonly column: string; readonly row: number }

/**
 * Where a picture's encoded bytes lie, and their SHA-256 in hex. A picture that is drawn has the scene as its path
 * (`scenes/reference.ts`).
 */
export interface ImageRef {
  readonly path: string
  readonly hash: string
  /** Without it the whole file is the picture. */
  readonly part?: FilePart
}

/** A row that could not be used, by name and place, as every report shows it. */
export interface BadRow {
  /** Where: `metadata.jsonl:12`, `images/cat.jpg`. */
  readonly where: string
  /** What is wrong and what to do about it. */
  readonly problem: string
}

export type Column =
  | { readonly kind: 'image'; readonly values: readonly ImageRef[] }
  /** As many pictures a row as the field says. */
  | { readonly kind: 'frames'; readonly values: readonly (readonly ImageRef[])[] }
  /** One or more texts a row, never none. */
  | { readonly kind: 'text'; readonly values: readonly (readonly string[])[] }
  | { readonly kind: 'category'; readonly values: readonly number[] }
  | { readonly kind: 'int' | 'float'; readonly values: readonly number[] }

/** A dataset in memory: columns that are not pixels, and references to pictures that stay in their files. */
export interface Table {
  readonly schema: DatasetSchema
  readonly rows: number
  readonly columns: Readonly<Record<string, Column>>
  /** Stable identity of each row (never its place): evaluation folds it into random keys. */
  readonly ids: readonly string[]
  /** Content hash over schema, ids, columns and picture hashes. */
  readonly hash: string
  readonly bad: readonly BadRow[]
}
