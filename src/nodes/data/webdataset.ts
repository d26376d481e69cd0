import { defineHost, z } from '../../graph/kit.ts'
import { COLUMNS_DOC, readingParams, sourceTypes } from './reading.ts'

export const webdataset = defineHost({
  type: 'data.webdataset',
  version: 1,
  title: 'WebDataset',
  category: 'data',
  doc: `Picture–text pairs in tar archives: files that lie together and share their name up to the first dot are one
row. \`cat.jpg\` (png, webp, gif, tiff) is the column \`image\`, \`cat.left.jpg\` is \`left\`; \`cat.txt\` is \`caption\`,
\`cat.cls\` is \`label\`, and \`cat.json\` gives a column for each of its keys. Other files are left out. The name is the
row's id.

\`path\` may name many shards: \`train-{000000..000146}.tar\`. Shards are streamed where they lie and never extracted;
pictures stay in them until a Batch packs them. Compressed archives have to be unpacked first.

${COLUMNS_DOC}

Source: WebDataset, github.com/webdataset/webdataset, "The WebDataset format"; POSIX.1-2017, pax and ustar.`,
  params: z.strictObject({
    path: z.string().min(1).describe('The archive or archives, relative to the graph file.'),
    ...readingParams,
  }),
  inputs: {},
  uses: ['webdataset'],
  files: p => [p.path],
  peek: ({ services }, p) => services.peekWebdataset({ path: p.path, kinds: p.columns }),
  types: (_, __, schema) => sourceTypes(schema),
  run: async ({ services }, p) => ({
    dataset: await services.webdataset({ path: p.path, kinds: p.columns, onBadRow: p.onBadRow }),
  }),
})
