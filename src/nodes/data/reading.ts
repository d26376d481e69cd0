import { z } from '../../graph/kit.ts'
import type { DatasetSchema } from '../../graph/schema.ts'
import type { PortTypes } from '../../graph/types.ts'

/** Settings that every reader of files has. */
export const readingParams = {
  columns: z
    .record(z.string(), z.enum(['image', 'text', 'category', 'int', 'float', 'json', 'skip']))
    .default({})
    .describe('Kinds of columns, by the file’s own names, where the first rows would tell wrong.'),
  onBadRow: z.enum(['skip', 'fail']).default('skip').describe('What a bad row does.'),
}

/** How columns come about, for the pages of all readers. */
export const COLUMNS_DOC = `Columns are decided by the first 1,000 rows: whole numbers are int where no row lacks one, other numbers float, true and false a
category, texts and lists of texts text; anything else is kept as JSON text. \`columns\` says otherwise:
\`{"label": "category", "url": "skip"}\`. A row without its picture or its caption, or with a value that does not fit its
column, is reported by file and row, and skipped or fatal as \`onBadRow\` says. Another column's missing text is empty, a
missing number NaN, a missing class none.`

/** The output of a source whose schema has been peeked at. */
export const sourceTypes = (schema: DatasetSchema | undefined): PortTypes => ({
  dataset: schema ? { kind: 'dataset', schema } : { kind: 'unknown' },
})

/** The folder of a file. */
export const folderOf = (path: string): string => path.replace(/[^/\\]*$/, '') || '.'

/** Whether pictures are read, which then belong to what the node depends on. */
export const readsPictures = ({ dataset }: PortTypes): boolean =>
  dataset?.kind === 'dataset' && Object.values(dataset.schema.fields).some(f => f.kind === 'image')
