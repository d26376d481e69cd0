import { applyCommand } from '../../graph/apply-command.ts'
import { defOf, defType, type GraphDocument } from '../../graph/document.ts'
import { parseGraph } from '../../graph/parse.ts'
import { freshName } from '../../graph/subgraph/rename.ts'
import { hashedText, importDefs, type Source, subgraphFile, updateDef } from '../../graph/subgraph/share.ts'
import { writeGraph } from '../../graph/write.ts'
import type { HostClient } from '../host/client.ts'

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map(b => b.toString(16).padStart(2, '0')).join('')

const sha256 = async (text: string): Promise<string> =>
  hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))

/** The text of a file and what it is now, without showing it. */
async function readFile(client: HostClient, path: string) {
  const { id, text, version } = await client.request('document.open', { path })
  await client.request('document.close', { document: id })
  return { text, version }
}

/** Writes a subgraph as a file of its own; `replace`: a person agreed to lose the file that is there. */
export async function shareSubgraph(
  client: HostClient,
  document: GraphDocument,
  name: string,
  path: string,
  replace: boolean,
): Promise<void> {
  const expected = replace ? (await readFile(client, path)).version : null
  const text = writeGraph(subgraphFile(document, name, name))
  const { id } = await client.request('document.create', { text })
  try {
    await client.request('document.save', { document: id, text, expected, path })
  } finally {
    await client.request('document.close', { document: id })
  }
}

export interface WithSubgraph {
  readonly document: GraphDocument
  /** The node that uses it. */
  readonly id: string
}

interface SharedFile {
  readonly from: GraphDocument
  /** The subgraph that the file is about. */
  readonly name: string
  readonly source: Source
}

/** A file that holds a subgraph; throws with a message for a person. */
async function readShared(client: HostClient, path: string): Promise<SharedFile> {
  const { document: from } = parseGraph((await readFile(client, path)).text)
  if (!from) throw new Error('this is no graph')
  const used = Object.values(from.nodes).flatMap(node => defOf(node.type) ?? [])
  const [name] = [...used, ...Object.keys(from.defs)].filter(one => Object.hasOwn(from.defs, one))
  if (name === undefined) throw new Error('this file holds no subgraph')
  const hashes = new Map<string, string>()
  for (const part of Object.keys(from.defs)) hashes.set(part, await sha256(hashedText(from, part)))
  const file = path.split(/[\\/]/).at(-1)!
  return { from, name, source: { file, hash: part => hashes.get(part)! } }
}

/** The document with a file's subgraph and a node that uses it; throws with a message for a person. */
export async function withSubgraph(
  client: HostClient,
  document: GraphDocument,
  path: string,
  at: readonly [number, number],
): Promise<WithSubgraph> {
  const { from, name, source } = await readShared(client, path)
  const { document: more, names } = importDefs(document, from, [name], source)
  const here = names.get(name)!
  const id = freshName(here, new Set(Object.keys(document.nodes)))
  const node = { type: defType(here), v: 1, params: {}, in: {} }
  return { document: applyCommand(more, { type: 'addNode', id, node, at }).document, id }
}

/** The document with a subgraph as a file has it now; throws with a message for a person. */
export async function withUpdated(
  client: HostClient,
  document: GraphDocument,
  name: string,
  path: string,
): Promise<GraphDocument> {
  const { from, name: original, source } = await readShared(client, path)
  return updateDef(document, name, from, original, source)
}
