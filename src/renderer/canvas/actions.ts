import type { GraphCommand } from '../../graph/commands.ts'
import type { NodeDef } from '../../graph/kit.ts'
import { registry } from '../../nodes/index.ts'
import { copyNodes, pasteNodes, readCopied } from './clipboard.ts'
import { freshId, stemOf } from './ids.ts'
import { freeSpot, type Point, type Size } from './layout.ts'
import { CARD_WIDTH } from './model.ts'
import { inputsThatFit, outputsThatFit } from './probe.ts'
import { docNow } from './store.ts'
import { canvasNow, useCanvasUi } from './ui-store.ts'
import type { Wiring } from './wiring.ts'

/** Every node type that a person can add. */
export const ALL_DEFS: readonly NodeDef[] = [...registry.values()]

/** In steps of a grid that nobody sees, so that cards line up by themselves. */
export const GRID = 8
export const onGrid = ([x, y]: Point): Point => [Math.round(x / GRID) * GRID, Math.round(y / GRID) * GRID]

const sizes = (): ((id: string) => Size) => {
  const flow = canvasNow()?.flow
  return id => {
    const measured = flow?.getNode(id)?.measured
    return { width: measured?.width ?? CARD_WIDTH, height: measured?.height ?? 140 }
  }
}

export const placeOf = (id: string): Point => {
  const at = canvasNow()?.flow.getNode(id)?.position
  return at ? [at.x, at.y] : (docNow().document.view[id] ?? [0, 0])
}

/** The middle of what is seen, where nothing is in the way. */
export function centre(): Point {
  const canvas = canvasNow()
  if (!canvas) return [0, 0]
  const box = canvas.frame.getBoundingClientRect()
  const at = canvas.flow.screenToFlowPosition({ x: box.left + box.width / 2, y: box.top + box.height / 2 })
  return [at.x - CARD_WIDTH / 2, at.y - 60]
}

function clear(wish: Point): Point {
  const { document } = docNow()
  const placed = new Map(Object.keys(document.nodes).map(id => [id, placeOf(id)] as const))
  return onGrid(freeSpot(wish, { width: CARD_WIDTH, height: 140 }, placed, sizes()))
}

/** Nodes that take the free end of a wire; all of them where nothing is held. */
export function defsFor(wiring: Wiring | null): readonly NodeDef[] {
  if (!wiring) return ALL_DEFS
  return ALL_DEFS.filter(def => {
    if (wiring.side === 'out') {
      if (!wiring.type) return Object.keys(def.inputs).length > 0
      return inputsThatFit(def, wiring.type).length > 0
    }
    return !wiring.accept || outputsThatFit(def, wiring.accept).length > 0
  })
}

/** Adds a node, wired to the port that is held, and selects it. */
export function addNode(def: NodeDef, at: Point = centre(), wiring: Wiring | null = null): void {
  const doc = docNow()
  const id = freshId(stemOf(def.type), new Set(Object.keys(doc.document.nodes)))
  const place = wiring ? onGrid(at) : clear(at)
  const add = (inputs: Record<string, string | string[]>): GraphCommand => ({
    type: 'addNode',
    id,
    node: { type: def.type, v: def.version, params: {}, in: inputs },
    at: place,
  })
  let command: GraphCommand = add({})
  if (wiring?.side === 'out') {
    const port = wiring.type ? inputsThatFit(def, wiring.type)[0] : Object.keys(def.inputs)[0]
    const wire = `${wiring.node}.${wiring.port}`
    if (port) command = add({ [port]: def.inputs[port]!.list ? [wire] : wire })
  } else if (wiring?.accept) {
    const [port] = outputsThatFit(def, wiring.accept)
    if (port) {
      const connect = connectCommand(`${id}.${port}`, wiring.node, wiring.port)
      command = { type: 'group', label: `Add ${def.title}`, commands: [command, connect] }
    }
  }
  doc.run(command, `Add ${def.title}`)
  docNow().select({ nodes: [id], wire: null })
}

/** Whether an input takes a list of wires. */
export function takesList(node: string, port: string): boolean {
  const json = docNow().document.nodes[node]
  return (json && registry.get(json.type)?.inputs[port]?.list) ?? false
}

const connectCommand = (from: string, node: string, port: string): GraphCommand => ({
  type: 'connect',
  from,
  node,
  port,
  list: takesList(node, port),
})

/** Wires an output to an input; `moving` is the wire whose end was taken from elsewhere. */
export function connect(from: string, node: string, port: string, moving: Wiring['moving'] = null): void {
  const doc = docNow()
  const given = doc.document.nodes[node]?.in[port]
  const there = given === from || (Array.isArray(given) && given.includes(from))
  if (moving && moving.node === node && moving.port === port) return
  const commands: GraphCommand[] = []
  if (moving) commands.push({ type: 'disconnect', node: moving.node, port: moving.port, from: moving.from })
  if (!there) commands.push(connectCommand(from, node, port))
  if (commands.length === 1) doc.run(commands[0]!)
  else if (commands.length) doc.run({ type: 'group', label: 'Move wire', commands }, 'Move wire')
}

export function disconnect(wire: {
  readonly node: string
  readonly port: string
  readonly from: string
}): void {
  docNow().run({ type: 'disconnect', node: wire.node, port: wire.port, from: wire.from })
}

/** Removes what is selected: the wire, or the nodes. */
export function removeSelected(): void {
  const { selection, run } = docNow()
  if (selection.wire) disconnect(selection.wire)
  else if (selection.nodes.length) run({ type: 'removeNodes', ids: selection.nodes })
}

export function copySelected(): string | null {
  const { selection, document } = docNow()
  return selection.nodes.length ? copyNodes(document, selection.nodes, placeOf) : null
}

/** Adds the nodes of a text beside the originals, or where `at` says. True when there were some. */
export function paste(text: string, label: string, at?: Point): boolean {
  const copied = readCopied(text)
  if (!copied) return false
  const doc = docNow()
  const points = Object.values(copied.view)
  const left = Math.min(...points.map(p => p[0]))
  const top = Math.min(...points.map(p => p[1]))
  const move = ([x, y]: Point): Point =>
    onGrid(at ? [x - left + at[0], y - top + at[1]] : [x + 4 * GRID, y + 4 * GRID])
  const pasted = pasteNodes(doc.document, copied, move, label)
  if (!pasted) return false
  doc.run(pasted.command, label)
  docNow().select({ nodes: pasted.ids, wire: null })
  return true
}

export function duplicateSelected(): void {
  const text = copySelected()
  if (text) paste(text, 'Duplicate')
}

export function moveNodes(to: Readonly<Record<string, Point>>): void {
  docNow().run({ type: 'moveNodes', to })
}

export const fitAll = (): void => {
  void canvasNow()?.flow.fitView({ padding: 0.06, duration: 220, maxZoom: 1 })
}

/** Opens the search in the middle of the canvas, or where a person pointed. */
export function openSearch(
  screen?: { readonly x: number; readonly y: number },
  wiring: Wiring | null = null,
): void {
  const canvas = canvasNow()
  if (!canvas) return
  const box = canvas.frame.getBoundingClientRect()
  const x = screen?.x ?? box.left + box.width / 2
  const y = screen?.y ?? box.top + box.height / 3
  const place = canvas.flow.screenToFlowPosition({ x, y })
  const beside = wiring?.side === 'in' ? CARD_WIDTH : 0
  useCanvasUi.setState({
    connecting: null,
    search: { at: [x - box.left, y - box.top], place: [place.x - beside, place.y - 24], wiring },
  })
}

/** Brings a node into view; used by lists of faults elsewhere in the window. */
export function reveal(id: string): void {
  const canvas = canvasNow()
  const node = canvas?.flow.getNode(id)
  if (!canvas || !node) return
  docNow().select({ nodes: [id], wire: null })
  const { width = CARD_WIDTH, height = 140 } = node.measured ?? {}
  const zoom = Math.max(canvas.flow.getZoom(), 0.7)
  void canvas.flow.setCenter(node.position.x + width / 2, node.position.y + height / 2, {
    zoom,
    duration: 220,
  })
}
