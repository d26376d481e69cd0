import type { GraphCommand } from '../../graph/commands.ts'
import type { NodeJson } from '../../graph/document.ts'
import type { NodeDef } from '../../graph/kit.ts'
import { upToDate } from '../../graph/migrate.ts'

/**
 * Sets a parameter of a node. A node of an older version, whose parameters the form shows as they are called now, is
 * brought up to date by the same edit.
 */
export function settingCommand(
  def: NodeDef | undefined,
  node: string,
  json: NodeJson,
  path: readonly string[],
  value: unknown,
): GraphCommand {
  const set: GraphCommand = { type: 'setParam', node, path, value }
  const now = upToDate(def, json)
  if (now === json) return set
  const update: GraphCommand = { type: 'restore', nodes: { [node]: now }, view: {} }
  return { type: 'group', label: 'Change setting', commands: [update, set] }
}
