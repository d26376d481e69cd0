import type { Schemas } from '../../../src/graph/check.ts'
import type { GraphDocument } from '../../../src/graph/document.ts'
import { parseGraph } from '../../../src/graph/parse.ts'
import type { DatasetSchema } from '../../../src/graph/schema.ts'
import { checked, clipSchemas, emojiSchema, known, shown } from '../fixtures.ts'

/** What the checker says of a graph, a line a finding. */
export const findings = (doc: GraphDocument, schemas: Schemas = clipSchemas): string =>
  shown(checked(doc, schemas).diagnostics)

/** What the parser says of a file. */
export const parsing = (text: string): string => shown(parseGraph(text).diagnostics)

/** Emoji without some of their columns. */
export const without = (...columns: string[]): DatasetSchema => ({
  ...emojiSchema,
  fields: Object.fromEntries(Object.entries(emojiSchema.fields).filter(([name]) => !columns.includes(name))),
})

export const testedOn = (schema: DatasetSchema): Schemas => ({
  ...clipSchemas,
  'test_emoji.dataset': known(schema),
})
