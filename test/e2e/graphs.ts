import { readFileSync } from 'node:fs'
import type { GraphDocument, NodeJson } from '../../src/graph/document.ts'
import { own } from '../../src/graph/own.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { writeGraph } from '../../src/graph/write.ts'

const WELCOME = new URL('../../graphs/clip-emoji.json', import.meta.url)

/**
 * So small that a step takes milliseconds; everything else is the welcome graph. The schedule is the same for
 * all, however long they train: so they share one compiled program.
 */
const SMALL: Readonly<Record<string, NodeJson['params']>> = {
  tokenizer: { vocabSize: 600 },
  batch: { size: 32, imageSize: 16, textLength: 12 },
  vision: { width: 32, depth: 1, heads: 2, patch: 8 },
  text: { width: 32, depth: 1, heads: 2 },
  image_projection: { size: 32 },
  text_projection: { size: 32 },
  schedule: { steps: 400, warmup: 10 },
}

export interface GraphWish {
  readonly title?: string
  readonly steps: number
  /** A training is the cache's where its seed and its steps were seen before. */
  readonly seed: number
  /** Parameters in place of others, by node. */
  readonly params?: Readonly<Record<string, NodeJson['params']>>
}

/** CLIP on emoji at a size for tests, as a graph file's text. */
export function smallGraph({ title = 'Small CLIP', steps, seed, params = {} }: GraphWish): string {
  const { document } = parseGraph(readFileSync(WELCOME, 'utf8'))
  if (!document) throw new Error('the welcome graph is no graph')
  const wanted: Record<string, NodeJson['params']> = { ...SMALL, train: { steps } }
  const nodes = Object.entries(document.nodes).map(([id, node]): [string, NodeJson] => [
    id,
    { ...node, params: { ...node.params, ...own(wanted, id), ...own(params, id) } },
  ])
  const small: GraphDocument = {
    ...document,
    meta: { ...document.meta, title, seed },
    nodes: Object.fromEntries(nodes),
  }
  return writeGraph(small)
}
