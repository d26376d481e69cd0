import { defineNote, z } from '../../graph/kit.ts'

export const note = defineNote({
  type: 'note',
  version: 1,
  title: 'Note',
  category: 'note',
  doc: 'Text for the reader, in Markdown with formulas. It never changes what runs.',
  params: z.strictObject({ text: z.string().default('').describe('Markdown.') }),
  inputs: {},
  types: () => ({}),
})
