import { GraphFault } from '../../graph/diagnostic.ts'
import { defineHost, z } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'
import type { DatasetSchema, Field } from '../../graph/schema.ts'
import { checkColumn, datasetAt, rowsInput, schemaAt } from './tables.ts'

const params = z.strictObject({
  select: z
    .array(z.string().min(1))
    .default([])
    .describe('Columns to add or replace: an SQL expression, AS and the name.'),
  kinds: z
    .record(z.string(), z.enum(['text', 'texts', 'int', 'float']))
    .default({})
    .describe('Kinds of the columns made, by name.'),
  classes: z
    .record(z.string(), z.array(z.string()).min(1))
    .default({})
    .describe('Class names of the columns made that are categories.'),
  drop: z.array(z.string()).default([]).describe('Columns to leave out.'),
})
type P = z.infer<typeof params>

/** The name after the last AS. */
function nameOf(text: string, at: number): string {
  const found = /\bAS\s+(?:"([a-z]\w*)"|([a-z]\w*))\s*$/i.exec(text)
  if (found) return found[1] ?? found[2]!
  throw new GraphFault('DT052', `"${text}" has no name`, {
    field: `params.select.${at}`,
    hint: 'End it with AS and a name of letters, digits and _: length(caption) AS letters.',
  })
}

/** What each column made is: as `kinds` says, else as the column that it replaces, else text. */
function madeFields(p: P, schema: DatasetSchema): Record<string, Field> {
  const made: Record<string, Field> = {}
  for (const [at, text] of p.select.entries()) {
    const name = nameOf(text, at)
    if (own(made, name))
      throw new GraphFault('DT052', `two columns are called "${name}"`, {
        field: `params.select.${at}`,
        hint: 'Give each column a name of its own.',
      })
    const kind = own(p.kinds, name)
    const classes = own(p.classes, name)
    const replaced = own(schema.fields, name)
    if (classes) made[name] = { kind: 'category', classes }
    else if (kind === undefined)
      made[name] =
        replaced && replaced.kind !== 'image' && replaced.kind !== 'frames' ? replaced : { kind: 'text' }
    else made[name] = kind === 'texts' ? { kind: 'text', variants: true } : { kind }
  }
  for (const param of ['kinds', 'classes'] as const) {
    const stranger = Object.keys(p[param]).find(name => !own(made, name))
    if (stranger !== undefined)
      throw new GraphFault('DT052', `${param} names "${stranger}", which select does not make`, {
        field: `params.${param}`,
        hint: `It makes ${Object.keys(made).join(', ') || 'nothing'}.`,
      })
  }
  return made
}

export const map = defineHost({
  type: 'data.map',
  version: 1,
  title: 'Map',
  category: 'data',
  doc: `Computes columns with SQL: \`lower(caption) AS caption\`, \`width / height AS aspect\`,
\`list_transform(caption, c -> 'a photo of ' || c) AS caption\`. A name that is there already is replaced; \`drop\` leaves
columns out.

A column made is text, or of the kind of the one it replaces, or as \`kinds\` says, \`{"aspect": "float"}\`; \`classes\`
makes a category, \`{"side": ["left", "right"]}\`. A value that does not fit is an error that names its row.

Columns go by their names. A text is VARCHAR, with several variants VARCHAR[] (\`caption[1]\` is the first); a category
is its class's name, NULL for none; \`id\` is the row's id. Pictures can't be seen by SQL, and stay with their rows.
What the SQL may do is what Filter allows: expressions over a row's columns, nothing else.

Source: duckdb.org/docs, "Expressions"; "Securing DuckDB".`,
  params,
  inputs: rowsInput,
  uses: ['map'],
  types: (p, inputs) => {
    const schema = schemaAt(inputs)
    for (const [at, column] of p.drop.entries()) checkColumn(schema, column, `params.drop.${at}`)
    const kept = Object.entries(schema.fields).filter(([name]) => !p.drop.includes(name))
    const fields = { ...Object.fromEntries(kept), ...madeFields(p, schema) }
    return { dataset: { kind: 'dataset', schema: { ...schema, fields } } }
  },
  run: async ({ services }, p, inputs) => {
    const dataset = datasetAt(inputs)
    const fields = madeFields(p, dataset.schema)
    return { dataset: await services.map(dataset, { select: p.select, fields, drop: p.drop }) }
  },
})
