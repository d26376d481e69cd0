import type { NodeJson } from './document.ts'
import type { NodeDef } from './kit.ts'

/** A node's parameters as the current version of its type has them. Throws where they were never sound. */
export function migrateParams(def: NodeDef, { v, params }: NodeJson): Record<string, unknown> {
  let given: Record<string, unknown> = { ...params }
  for (let version = v; version < def.version; version++) given = def.migrations?.[version]?.(given) ?? given
  return given
}

/** The node at the current version of its type; as it is where it is that, or can't be read. */
export function upToDate(def: NodeDef | undefined, json: NodeJson): NodeJson {
  if (!def || json.v >= def.version) return json
  try {
    return { ...json, v: def.version, params: migrateParams(def, json) }
  } catch {
    return json
  }
}
