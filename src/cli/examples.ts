import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GraphDocument, NodeJson } from '../graph/document.ts'
import { parseGraph } from '../graph/parse.ts'

/** A graph of a folder: its path from there, with `/`, and the node types in it and in its subgraphs. */
export interface ExampleGraph {
  readonly file: string
  readonly document: GraphDocument
  readonly types: ReadonlySet<string>
}

/** The graphs under a folder, by name; none where there is no such folder, and none that can't be read. */
export function examplesIn(folder: string): ExampleGraph[] {
  let files: string[]
  try {
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch {
    return []
  }
  return files
    .map(file => file.replaceAll('\\', '/'))
    .filter(file => file.endsWith('.json') && !file.split('/').some(part => part.startsWith('.')))
    .sort()
    .flatMap(file => {
      const { document } = parseGraph(readFileSync(join(folder, file), 'utf8'))
      return document ? [{ file, document, types: typesOf(document) }] : []
    })
}

function typesOf({ nodes, defs }: GraphDocument): ReadonlySet<string> {
  const all: NodeJson[] = [nodes, ...Object.values(defs).map(d => d.nodes)].flatMap(n => Object.values(n))
  return new Set(all.map(node => node.type))
}
