import { defineHost, z } from '../../graph/kit.ts'
import { folderOf, readingParams, sourceTypes } from './reading.ts'

export const coco = defineHost({
  type: 'data.coco',
  version: 1,
  title: 'COCO',
  category: 'data',
  doc: `Pictures annotated in COCO's JSON: a row a picture, with its captions, its objects, or both.

Columns: \`image\`; \`caption\` (all captions of the picture; training takes one an epoch); \`objects\` (a JSON list of
\`{"label", "box": [left, top, width, height], "crowd"}\`, in pixels); \`width\`, \`height\`. Ids are COCO's.

An annotation about a picture that is not listed, an unknown category, a picture without a caption where others have
one, and a missing or broken picture are reported by file and place, and skipped or fatal as \`onBadRow\` says.

Source: Lin et al. 2014 (arXiv 1405.0312); Chen et al. 2015, COCO Captions (arXiv 1504.00325); cocodataset.org, "Data
format".`,
  params: z.strictObject({
    path: z
      .string()
      .min(1)
      .describe('The annotation file, captions or instances, relative to the graph file.'),
    more: z.string().min(1).optional().describe('A second annotation file about the same pictures.'),
    images: z
      .string()
      .min(1)
      .optional()
      .describe('Folder of the pictures, if it is not the annotation file’s own.'),
    onBadRow: readingParams.onBadRow,
  }),
  inputs: {},
  uses: ['coco'],
  files: p => [p.path, ...(p.more === undefined ? [] : [p.more]), p.images ?? folderOf(p.path)],
  peek: ({ services }, p) => services.peekCoco({ path: p.path, more: p.more, images: p.images }),
  types: (_, __, schema) => sourceTypes(schema),
  run: async ({ services }, p) => ({ dataset: await services.coco(p) }),
})
