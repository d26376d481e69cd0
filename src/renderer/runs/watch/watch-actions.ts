import { splitWire, type Wire, wiresOf } from '../../../graph/document.ts'
import { isDevice } from '../../../graph/types.ts'
import { toggle } from '../../app/layout-store.ts'
import { documentStore, sessionStore, watchesStore } from '../../state/index.ts'
import { showPage } from '../page-store.ts'

/** Whether numbers flow on a wire while a graph runs. */
export function isWatchable(wire: Wire): boolean {
  const type = documentStore.getState().checked.types.get(wire)
  return type !== undefined && isDevice(type)
}

/** Watches a wire and shows it in the run panel. */
export function watchWire(wire: Wire): void {
  if (!isWatchable(wire)) {
    sessionStore.getState().notify(`${wire} carries no numbers that could be watched`, 'info')
    return
  }
  watchesStore.getState().add(wire)
  toggle('runs', true)
  showPage('watch')
}

/** Watches the wire that is selected, or the first output of the selected node that carries numbers. */
export function watchSelected(): void {
  const { selection, checked } = documentStore.getState()
  const [id] = selection.nodes
  const ports = id === undefined ? [] : Object.keys(checked.nodes.get(id)?.outputs ?? {})
  const wire = selection.wire?.from ?? ports.map(port => `${id}.${port}`).find(isWatchable)
  if (wire !== undefined) watchWire(wire)
  else sessionStore.getState().notify('Select a wire, or a node whose output carries numbers', 'info')
}

/** All wires that can be watched, by node, those that feed another node first. */
export function watchableWires(): readonly (readonly [node: string, wires: readonly Wire[]])[] {
  const { checked, document } = documentStore.getState()
  const read = new Set(
    Object.values(document.nodes).flatMap(n => Object.values(n.in).flatMap(w => [...wiresOf(w)])),
  )
  const byNode = new Map<string, Wire[]>()
  for (const [wire, type] of checked.types) {
    if (!isDevice(type)) continue
    const { node } = splitWire(wire)
    byNode.set(node, [...(byNode.get(node) ?? []), wire])
  }
  const readFirst = (a: Wire, b: Wire) => Number(read.has(b)) - Number(read.has(a))
  return [...byNode].map(([node, wires]) => [node, wires.sort(readFirst)])
}
