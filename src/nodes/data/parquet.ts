import { defineHost, z } from '../../graph/kit.ts'
import { COLUMNS_DOC, readingParams, sourceTypes } from './reading.ts'

export const parquet = defineHost({
  type: 'data.parquet',
  version: 1,
  title: 'Parquet',
  category: 'data',
  doc: `Rows of parquet files, as Hugging Face datasets are published. A column of bytes, or of \`{bytes, path}\`, is a
picture; it stays in the file until a Batch packs it. Columns of class numbers whose names the file has (ClassLabel)
become categories. \`path\` may name many files: \`train-{00000..00003}-of-00004.parquet\`.

Files are decoded by plain JavaScript with checked sizes, a row group at a time, so a damaged or hostile file is an
error and no crash. Snappy, gzip, zstd, brotli and lz4 are read.

${COLUMNS_DOC}

Source: Apache Parquet format 2.11; Hugging Face datasets, "Image" and "ClassLabel" features.`,
  params: z.strictObject({
    path: z.string().min(1).describe('The file or files, relative to the graph file.'),
    ...readingParams,
  }),
  inputs: {},
  uses: ['parquet'],
  files: p => [p.path],
  peek: ({ services }, p) => services.peekParquet({ path: p.path, kinds: p.columns }),
  types: (_, __, schema) => sourceTypes(schema),
  run: async ({ services }, p) => ({
    dataset: await services.parquet({ path: p.path, kinds: p.columns, onBadRow: p.onBadRow }),
  }),
})
