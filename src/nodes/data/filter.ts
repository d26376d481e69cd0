import { defineHost, z } from '../../graph/kit.ts'
import { datasetAt, rowsInput, schemaAt, unknownRows } from './tables.ts'

export const filter = defineHost({
  type: 'data.filter',
  version: 1,
  title: 'Filter',
  category: 'data',
  doc: `Keeps the rows for which an SQL expression is true: \`width >= 256 AND caption ILIKE '%dog%'\`.

Columns go by their names. A text is VARCHAR, with several variants VARCHAR[] (\`caption[1]\` is the first); a category
is its class's name, NULL for none; \`id\` is the row's id. Pictures can't be seen by SQL. Window functions look at other
rows: \`row_number() OVER (PARTITION BY caption[1] ORDER BY id) = 1\` keeps one row a caption.

The SQL is DuckDB's. It is one expression: statements, FROM, subqueries, files, the network, extensions, settings and
functions that change from run to run (\`random()\`, \`now()\`) are refused, and it may take a minute and 1 GB.

Source: duckdb.org/docs, "Expressions"; "Securing DuckDB".`,
  params: z.strictObject({
    where: z.string().min(1).default('true').describe('An SQL expression that is true for the rows to keep.'),
  }),
  inputs: rowsInput,
  uses: ['filter'],
  types: (_, inputs) => ({ dataset: unknownRows(schemaAt(inputs)) }),
  run: async ({ services }, p, inputs) => ({ dataset: await services.filter(datasetAt(inputs), p) }),
})
