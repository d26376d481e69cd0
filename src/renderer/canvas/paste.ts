import { applyCommand } from '../../graph/apply-command.ts'
import { defOf } from '../../graph/document.ts'
import { importDefs, retyped } from '../../graph/subgraph/share.ts'
import { sessionStore } from '../state/index.ts'
import { fitAll, onGrid, placeOf } from './actions.ts'
import { copyNodes, pasteNodes } from './clipboard.ts'
import { chosen } from './group-actions.ts'
import { bringIntoView, onceDrawn, viewNow } from './into-view.ts'
import type { Point } from './layout.ts'
import { placesOf, shiftOf } from './paste-places.ts'
import { faultInText, readCopied } from './read-text.ts'
import { docNow } from './store.ts'

export function copySelected(): string | null {
  const { document } = docNow()
  const ids = chosen()
  return ids.length ? copyNodes(document, ids, placeOf) : null
}

/**
 * Adds the nodes of a text: where `at` says, else beside those that were copied, where that is in sight, and never
 * right on top of others. False when there is nothing of a graph in the text.
 */
export function paste(text: string, label: string, at?: Point): boolean {
  const copied = readCopied(text)
  if (!copied) {
    const fault = faultInText(text)
    if (fault)
      sessionStore.getState().notify(`The pasted graph can't be read: ${fault.message}`, 'bad', fault.hint)
    return fault !== undefined
  }
  const doc = docNow()
  const wasEmpty = Object.keys(doc.document.nodes).length === 0
  const places = placesOf(copied)
  const taken = Object.keys(doc.document.nodes).map(placeOf)
  const [dx, dy] = shiftOf(Object.values(places), at, viewNow(), taken)
  const used = Object.values(copied.nodes).flatMap(node => defOf(node.type) ?? [])
  const { document, names } = importDefs(doc.document, { ...doc.document, defs: copied.defs }, used)
  const nodes = Object.entries(copied.nodes).map(([id, node]) => [id, retyped(node, names)] as const)
  const fresh = { ...copied, nodes: Object.fromEntries(nodes), view: places }
  const pasted = pasteNodes(document, fresh, ([x, y]) => onGrid([x + dx, y + dy]), label)
  if (!pasted) return false
  if (document === doc.document) doc.run(pasted.command, label)
  else doc.replace(applyCommand(document, pasted.command).document, label)
  docNow().select({ nodes: pasted.ids, wire: null })
  if (wasEmpty) onceDrawn(fitAll)
  else bringIntoView(pasted.ids)
  return true
}

export function duplicateSelected(): void {
  const text = copySelected()
  if (text) paste(text, 'Duplicate')
}
