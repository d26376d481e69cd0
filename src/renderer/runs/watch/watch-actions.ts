import { splitWire, type Wire, wiresOf } from '../../../graph/document.ts'
import { isDevice } from '../../../graph/types.ts'
import { docNow } from '../../canvas/store.ts'
import { flatWire, wireTypes } from '../../canvas/wire-types.ts'
import { documentStore, sessionStore, watchesStore } from '../../state/index.ts'
import { showRunPage, useRunPage } from '../page-store.ts'

/** Watches a wire of the run and shows it in the run panel. */
export function watchFlat(wire: Wire, inner?: string): void {
  watchesStore.getState().add(wire, inner)
  showRunPage('watch')
}

/** Shows one of these watches, or, where one of them is shown, the next. */
export function showWatches(names: readonly string[]): void {
  const { active, show } = watchesStore.getState()
  const isShown = useRunPage.getState().page === 'watch'
  show(names[(isShown ? names.indexOf(active ?? '') + 1 : 0) % names.length]!)
  showRunPage('watch')
}

/** Watches a wire as the canvas shows it: of the graph, or of the subgraph that is open. */
export function watchWire(shown: Wire): void {
  const { document, checked, scope } = documentStore.getState()
  const wire = flatWire(document, checked.types, scope, shown)
  const type = wire === undefined ? undefined : checked.types.get(wire)
  if (wire !== undefined && type && isDevice(type)) watchFlat(wire)
  else refuse(`${shown} carries no numbers that could be watched`)
}

/** Watches the wire that is selected, or the first output of the selected node that carries numbers. */
export function watchSelected(): void {
  const { selection, document, checked } = docNow()
  const [id] = selection.nodes
  const numbers = ([wire, type]: readonly [Wire, Parameters<typeof isDevice>[0]]) =>
    isDevice(type) && splitWire(wire).node === id
  const wire = selection.wire?.from ?? [...wireTypes(document, checked.types)].find(numbers)?.[0]
  if (wire !== undefined) watchWire(wire)
  else refuse('Select a wire, or a node whose output carries numbers')
}

/** What wires carry is known only when the columns of the data are. */
function refuse(why: string): void {
  const isReading = Object.values(documentStore.getState().schemas).some(s => s.state === 'pending')
  const message = isReading ? 'The data is still being looked at: try again in a moment' : why
  sessionStore.getState().notify(message, 'info')
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
