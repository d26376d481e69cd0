import { own } from '../../graph/own.ts'
import { documentStore } from '../state/index.ts'

/** The document's edits as the inspector makes them; typing that goes on joins into one step of undo. */
export function setParam(node: string, name: string, value: unknown): void {
  const { document, run } = documentStore.getState()
  // What was typed last comes a moment later, when the node may be gone.
  if (own(document.nodes, node)) run({ type: 'setParam', node, path: [name], value })
}

/** Takes the parameter out of the file, so that its default holds. */
export const resetParam = (node: string, name: string): void => setParam(node, name, undefined)
