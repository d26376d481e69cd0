/** What one column of a dataset holds. */
export type Field =
  | { readonly kind: 'image' }
  /** A clip: so many pictures a row, in the order of time. */
  | { readonly kind: 'frames'; readonly frames: number }
  /** `variants`: a row may hold several texts; training picks one per epoch, seeded. */
  | { readonly kind: 'text'; readonly variants?: boolean }
  /** One of `classes`; a row holds the index, -1 where it has none. */
  | { readonly kind: 'category'; readonly classes: readonly string[] }
  | { readonly kind: 'int' }
  | { readonly kind: 'float' }

/** Who made the data and what it may be used for; carried into every report and export. */
export interface Attribution {
  readonly name: string
  readonly licence: string
  readonly by: string
}

/** Known before a dataset is read: its columns, and the row count where that is cheap to know. */
export interface DatasetSchema {
  readonly fields: Readonly<Record<string, Field>>
  readonly rows?: number
  readonly attribution?: readonly Attribution[]
}
