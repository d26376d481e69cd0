import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseGraph } from '../../src/graph/parse.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { makePictures, type Params, toyDocument } from '../engine/toy-document.ts'

/** The note that a person writes in. */
export const NOTE = 'about'

/** A graph file whose training takes a millisecond a step, with a note and with pictures beside it. */
export async function writeToyGraph(
  folder: string,
  params: Readonly<Record<string, Params>>,
): Promise<string> {
  const { nodes, ...about } = toyDocument(params)
  // Nothing is measured: a training's end is the run's.
  const { retrieval: _, zero_shot: __, ...trained } = nodes
  const note = { type: 'note', v: 1, params: { text: 'A toy.' } }
  const { document } = parseGraph(JSON.stringify({ ...about, nodes: { [NOTE]: note, ...trained } }))
  if (!document) throw new Error('the toy is no graph')
  await makePictures(folder)
  const path = join(folder, 'graph.json')
  await writeFile(path, writeGraph(document))
  return path
}
