import type { RecordsFile } from '../../graph/host.ts'
import { defineHost, z } from '../../graph/kit.ts'
import { COLUMNS_DOC, folderOf, readingParams, readsPictures, sourceTypes } from './reading.ts'

export const records = defineHost({
  type: 'data.records',
  version: 1,
  title: 'JSONL or CSV',
  category: 'data',
  doc: `Rows of JSON Lines, JSON, CSV or TSV files: captions, statements with true or false labels as in NLVR and VSR,
hard negatives as in SugarCrepe, questions and answers. A JSON file is a list of objects, an object of objects
(\`{"0": {…}, "1": {…}}\`) or an object a line. Braces name several files, read as one table: \`{add_att,swap_obj}.json\`;
with \`file\` a column says which file a row is of.

A column of names of pictures that are there becomes an image
column; a list of names becomes \`<name>_1\`, \`<name>_2\` …. Names are relative to \`images\`, else to the file, and
nothing outside that folder is opened.

Where no column names the picture, \`pictures\` makes the name from other columns: NLVR as published is
\`["images/{directory}/dev-{identifier}-0.png"]\`.

A row's id is its \`id\`, \`identifier\`, \`uid\`, \`key\` or \`question_id\`, or its key in an object of objects, else a
hash of what it holds. JSON Lines files are streamed; others are read whole.

${COLUMNS_DOC}

Source: jsonlines.org; RFC 4180 (CSV); Suhr et al. 2017, NLVR (ACL P17-2034); the files of SugarCrepe, Hsieh et al.
2023 (arXiv 2306.14610).`,
  params: z.strictObject({
    path: z.string().min(1).describe('The file, relative to the graph file; with braces, several.'),
    images: z.string().min(1).optional().describe('Folder of the pictures, if it is not the file’s own.'),
    pictures: z
      .array(z.string().min(1))
      .max(16)
      .default([])
      .describe('Names of pictures, made from columns in {braces}.'),
    file: z
      .string()
      .regex(/^[a-z]\w*$/i, 'a name of letters, digits and _')
      .optional()
      .describe('Category column to make: the name, without extension, of the file that a row is of.'),
    origin: z
      .string()
      .min(1)
      .optional()
      .describe('Where the files come from and under which licence; said where they are missing.'),
    ...readingParams,
  }),
  inputs: {},
  uses: ['records'],
  files: (p, outputs) => [p.path, ...(readsPictures(outputs) ? [p.images ?? folderOf(p.path)] : [])],
  peek: ({ services }, p) => services.peekRecords({ ...fileOf(p), kinds: p.columns }),
  types: (_, __, schema) => sourceTypes(schema),
  run: async ({ services }, p) => ({
    dataset: await services.records({
      ...fileOf(p),
      kinds: p.columns,
      onBadRow: p.onBadRow,
    }),
  }),
})

const fileOf = ({ path, images, pictures, file, origin }: RecordsFile): RecordsFile => ({
  path,
  images,
  pictures,
  file,
  origin,
})
