import { defineHost, z } from '../../graph/kit.ts'

export const folder = defineHost({
  type: 'data.folder',
  version: 1,
  title: 'Picture folder',
  category: 'data',
  doc: `Your own pictures. Captions come from \`metadata.jsonl\` or \`metadata.csv\` (Hugging Face ImageFolder: a
\`file_name\` column and the captions), from a \`.txt\` file beside each picture, or from class folders.

A broken picture, a missing file, an empty caption or a caption for a file that isn't there is reported by
name and row, and skipped or fatal as \`onBadRow\` says.

Source: Hugging Face datasets, "Create an image dataset", ImageFolder.`,
  params: z.strictObject({
    path: z.string().min(1).describe('The folder, relative to the graph file.'),
    metadata: z
      .string()
      .optional()
      .describe('Name of the metadata file, if it is not metadata.jsonl or .csv.'),
    onBadRow: z.enum(['skip', 'fail']).default('skip').describe('What a bad row does.'),
  }),
  inputs: {},
  uses: ['folder'],
  peek: ({ services }, p) => services.peekFolder({ path: p.path, metadata: p.metadata }),
  types: (_, __, schema) => ({ dataset: schema ? { kind: 'dataset', schema } : { kind: 'unknown' } }),
  run: async ({ services }, p) => ({ dataset: await services.folder(p) }),
})
