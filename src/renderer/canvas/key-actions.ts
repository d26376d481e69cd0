import { REROUTE, splitWire } from '../../graph/document.ts'
import { toggle } from '../app/layout-store.ts'
import type { WireRef } from '../state/types.ts'
import { GRID, insertNode, middleOf, moveNodes, placeOf } from './actions.ts'
import { addableOf } from './addable.ts'
import { sharedGroup } from './group-actions.ts'
import { pace } from './into-view.ts'
import type { Point } from './layout.ts'
import { CARD_WIDTH, REROUTE_SIZE } from './model.ts'
import { docNow } from './store.ts'
import { canvasNow, useCanvasUi } from './ui-store.ts'

/** Moves the selected nodes by steps of the grid. */
export function nudge([dx, dy]: Point): void {
  const { selection } = docNow()
  if (selection.nodes.length === 0) return
  const to = selection.nodes.map((id): [string, Point] => {
    const [x, y] = placeOf(id)
    return [id, [x + dx * GRID, y + dy * GRID]]
  })
  moveNodes(Object.fromEntries(to))
}

/** Opens the list of wires that the one selected node could have. */
export function wireSelected(): void {
  const [node, more] = docNow().selection.nodes
  if (node !== undefined && more === undefined) useCanvasUi.setState({ popover: { kind: 'connect', node } })
}

export const openFind = (): void => useCanvasUi.setState({ popover: { kind: 'find' } })
export const openCommands = (): void => useCanvasUi.setState({ popover: { kind: 'commands' } })

/** Puts a reroute into a wire: at a place, else half way. */
export function reroute(wire: WireRef, at?: Point): void {
  const { document } = docNow()
  const half = REROUTE_SIZE / 2
  const [a, b] = [placeOf(splitWire(wire.from).node), placeOf(wire.node)]
  const place = at ?? [middleOf(wire)[0] + CARD_WIDTH / 2, (a[1] + b[1]) / 2 + 60]
  insertNode(addableOf(REROUTE, document)!, wire, [place[0] - half, place[1] - half])
}

export function addReroute(): void {
  const { wire } = docNow().selection
  if (wire) reroute(wire)
}

/** The inspector shows a node that was just selected after the canvas has: on a busy machine many frames later. */
const LATE_MS = 2_000

/** Puts the focus into a field of the inspector once it is there. */
function focusInInspector(selector: string): void {
  toggle('inspector', true)
  const { selection } = docNow()
  const until = performance.now() + LATE_MS
  const look = () => {
    const field = document.querySelector<HTMLElement>(selector)
    field?.focus()
    field?.scrollIntoView({ block: 'nearest' })
    if (field instanceof HTMLInputElement) field.select()
    const isWaiting = !field && performance.now() < until && docNow().selection === selection
    if (isWaiting) requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}

export function renameSelected(): void {
  const { nodes } = docNow().selection
  const group = sharedGroup(nodes)
  if (group) focusInInspector(`#group-${group.id}`)
  else if (nodes.length === 1) focusInInspector(`[id="title-${CSS.escape(nodes[0]!)}"]`)
}

/** Puts the focus into the text of a note. */
export const editNote = (id: string): void => focusInInspector(`[id="param-${CSS.escape(id)}-text"]`)

export function showHelp(): void {
  if (docNow().selection.nodes.length === 1) focusInInspector('[data-about-node] button')
}

export function zoomBy(way: 'in' | 'out'): void {
  const flow = canvasNow()?.flow
  const quick = { duration: pace(140) }
  void (way === 'in' ? flow?.zoomIn(quick) : flow?.zoomOut(quick))
}
