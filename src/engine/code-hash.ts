import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeDef } from '../graph/kit.ts'

/** Hash of a source file with everything it imports, made at build time. */
export type CodeHash = (file: string) => string

/** Reads `code-hashes.json` from the folder of the built engine. */
export function builtCodeHashes(folder: string): CodeHash {
  const hashes = JSON.parse(readFileSync(join(folder, 'code-hashes.json'), 'utf8')) as Record<string, string>
  return file => {
    const hash = hashes[file]
    if (!hash) throw new Error(`no code hash of ${file}; run "npm run build"`)
    return hash
  }
}

/** `data.shuffleColumn` lives in `src/nodes/data/shuffle-column.ts`. */
export function nodeFile(type: string): string {
  const kebab = type.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`)
  return `src/nodes/${kebab.includes('.') ? kebab.replace('.', '/') : `${kebab}/${kebab}`}.ts`
}

const serviceFile = (name: string): string =>
  `src/engine/services/${name.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`)}.ts`

/** The code that a host node's or evaluator's result depends on: its own and its services'. */
export function codeOf(def: NodeDef, hash: CodeHash): readonly string[] {
  const services = def.kind === 'host' ? def.uses.map(serviceFile) : []
  return [nodeFile(def.type), ...services].map(hash)
}
