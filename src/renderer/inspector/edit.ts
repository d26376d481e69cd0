import { own } from '../../graph/own.ts'
import { registry } from '../../nodes/index.ts'
import { docNow } from '../canvas/store.ts'
import { settingCommand } from './setting-command.ts'

/** The document's edits as the inspector makes them; typing that goes on joins into one step of undo. */
export function setParam(node: string, name: string, value: unknown): void {
  const { document, run } = docNow()
  const json = own(document.nodes, node)
  // What was typed last comes a moment later, when the node may be gone.
  if (!json) return
  const command = settingCommand(registry.get(json.type), node, json, [name], value)
  if (command.type === 'group') run(command, command.label)
  else run(command)
}

/** Takes the parameter out of the file, so that its default holds. */
export const resetParam = (node: string, name: string): void => setParam(node, name, undefined)
