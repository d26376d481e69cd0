import type { GraphCommand } from '../../graph/commands.ts'
import { defOf, ID, type NodeJson, REROUTE, splitWire, wiresOf } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { INPUTS, isBoundary, OUTPUTS } from '../../graph/subgraph/boundary.ts'
import { partsOf } from '../../graph/subgraph/uses.ts'
import { registry } from '../../nodes/index.ts'
import { documentStore } from '../state/index.ts'
import { defAt } from '../state/scope.ts'
import type { WireRef } from '../state/types.ts'
import { type Addable, addableOf, addables } from './addable.ts'
import { FREE_PORT } from './boundary-ports.ts'
import { freshId, stemOf } from './ids.ts'
import { bringIntoView, onceDrawn, pace } from './into-view.ts'
import { freeSpot, type Point, type Size } from './layout.ts'
import { CARD_WIDTH } from './model.ts'
import { docNow } from './store.ts'
import { canvasNow, POPOVER_WIDTH, useCanvasUi } from './ui-store.ts'
import { wireTypes } from './wire-types.ts'
import type { Wiring } from './wiring.ts'

/** In steps of a grid that nobody sees, so that cards line up by themselves. */
export const GRID = 8
export const onGrid = ([x, y]: Point): Point => [Math.round(x / GRID) * GRID, Math.round(y / GRID) * GRID]

export const sizes = (): ((id: string) => Size) => {
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

/** Everything that can be added to what is shown: a subgraph is no part of itself. */
export function addablesNow(): readonly Addable[] {
  const { document, scope } = documentStore.getState()
  const around = defAt(document, scope)
  const isAround = ({ type }: Addable) => {
    const name = defOf(type)
    return around !== undefined && name !== undefined && partsOf(document.defs, name).includes(around)
  }
  return addables(document).filter(one => !isAround(one))
}

/** What can be added that takes the free end of a wire; everything where nothing is held. */
export function addablesFor(wiring: Wiring | null): readonly Addable[] {
  const all = addablesNow()
  if (!wiring) return all
  const { type, accept } = wiring
  return all.filter(one => {
    if (wiring.side === 'in') return !accept || one.gives(accept).length > 0
    return type ? one.takes(type).length > 0 : one.inputs.length > 0
  })
}

const newNode = (one: Addable, inputs: NodeJson['in'] = {}): NodeJson => ({
  type: one.type,
  v: one.version,
  params: {},
  in: inputs,
})

const idFor = (one: Addable): string =>
  freshId(stemOf(one.type), new Set(Object.keys(docNow().document.nodes)))

/** Adds a node, wired to the port that is held, and selects it. */
export function addNode(one: Addable, at: Point = centre(), wiring: Wiring | null = null): void {
  const doc = docNow()
  const id = idFor(one)
  const place = wiring ? onGrid(at) : clear(at)
  const commands: GraphCommand[] = [{ type: 'addNode', id, node: newNode(one), at: place }]
  if (wiring?.side === 'out') {
    const port = wiring.type ? one.takes(wiring.type)[0] : one.inputs[0]
    const from = `${wiring.node}.${wiring.port}`
    if (port) commands.push({ type: 'connect', from, node: id, port, list: one.isList(port) })
  } else if (wiring?.accept) {
    const [port] = one.gives(wiring.accept)
    if (port) commands.push(connectCommand(`${id}.${port}`, wiring.node, wiring.port))
  }
  const label = `Add ${one.title}`
  doc.run(commands.length === 1 ? commands[0]! : { type: 'group', label, commands }, label)
  docNow().select({ nodes: [id], wire: null })
  bringIntoView([id])
}

/** How a node would stand in a wire: the input that takes it, and the output that goes on. */
export interface Insertion {
  readonly input: string
  readonly output: string
}

/** Where something fits into a wire; undefined where it doesn't. */
export function insertionOf(one: Addable, wire: WireRef): Insertion | undefined {
  // It leads any wire, also one of which nobody knows yet what it carries.
  if (one.type === REROUTE) return { input: 'in', output: 'out' }
  const { document, checked } = docNow()
  const type = wireTypes(document, checked.types).get(wire.from)
  const input = type ? one.takes(type)[0] : undefined
  if (input === undefined) return undefined
  const spec = own(registry.get(document.nodes[wire.node]?.type ?? '')?.inputs ?? {}, wire.port)
  const output = spec ? one.gives(spec.accepts)[0] : one.gives({ kind: 'device' })[0]
  return output === undefined ? undefined : { input, output }
}

/** The edits that lead a wire through a node; in a list the wire keeps its place. */
function throughNode(id: string, one: Addable, wire: WireRef, { input, output }: Insertion): GraphCommand[] {
  const given = docNow().document.nodes[wire.node]?.in[wire.port]
  const index = Array.isArray(given) ? given.indexOf(wire.from) : undefined
  const into = connectCommand(`${id}.${output}`, wire.node, wire.port)
  return [
    { type: 'connect', from: wire.from, node: id, port: input, list: one.isList(input) },
    // A single wire is replaced: taken out first, an output of a subgraph would lose its place.
    ...(index === undefined
      ? [into]
      : [
          { type: 'disconnect', node: wire.node, port: wire.port, from: wire.from } as const,
          { ...into, index },
        ]),
  ]
}

/** Adds a node into a wire, at a place. */
export function insertNode(one: Addable, wire: WireRef, at: Point): void {
  const insertion = insertionOf(one, wire)
  if (!insertion) return
  const id = idFor(one)
  const label = `Insert ${one.title}`
  const add: GraphCommand = { type: 'addNode', id, node: newNode(one), at: onGrid(at) }
  docNow().run({ type: 'group', label, commands: [add, ...throughNode(id, one, wire, insertion)] }, label)
  docNow().select({ nodes: [id], wire: null })
  bringIntoView([id])
}

/** Whether a node that is there could go into a wire: it is unwired where the wire would run. */
export function canGoInto(id: string, wire: WireRef): Insertion | undefined {
  const { document } = docNow()
  const json = document.nodes[id]
  const one = json && addableOf(json.type, document)
  if (!one || wire.node === id || splitWire(wire.from).node === id) return undefined
  const insertion = insertionOf(one, wire)
  if (!insertion || json.in[insertion.input] !== undefined) return undefined
  const isRead = Object.values(document.nodes).some(node =>
    Object.values(node.in).some(given => wiresOf(given).some(w => splitWire(w).node === id)),
  )
  return isRead ? undefined : insertion
}

/** Puts a node that was moved onto a wire into it. */
export function dropInto(id: string, wire: WireRef, to: Readonly<Record<string, Point>>): void {
  const insertion = canGoInto(id, wire)
  const one = addableOf(docNow().document.nodes[id]!.type, docNow().document)
  if (!insertion || !one) return
  const label = `Insert ${one.title}`
  const commands: GraphCommand[] = [{ type: 'moveNodes', to }, ...throughNode(id, one, wire, insertion)]
  docNow().run({ type: 'group', label, commands }, label)
}

/** Whether an input takes a list of wires. */
export function takesList(node: string, port: string): boolean {
  const json = docNow().document.nodes[node]
  return (json && registry.get(json.type)?.inputs[port]?.list) ?? false
}

const connectCommand = (
  from: string,
  node: string,
  port: string,
): Extract<GraphCommand, { type: 'connect' }> => ({
  type: 'connect',
  from,
  node,
  port,
  list: takesList(node, port),
})

/** A wire to the free place of a subgraph's inputs or outputs makes a port there, named like the other end. */
function namedPorts(from: string, port: string): readonly [string, string] {
  const { nodes } = docNow().document
  const source = splitWire(from)
  const fresh = (wish: string, taken: readonly string[]) => freshId(wish, new Set(taken))
  if (source.node === INPUTS && source.port === FREE_PORT) {
    const taken = (nodes[INPUTS]?.params.ports ?? []) as readonly string[]
    return [`${INPUTS}.${fresh(ID.test(port) ? port : 'input', taken)}`, port]
  }
  if (port !== FREE_PORT) return [from, port]
  return [from, fresh(source.port, Object.keys(nodes[OUTPUTS]?.in ?? {}))]
}

/** Wires an output to an input; `moving` is the wire whose end was taken from elsewhere. */
export function connect(start: string, node: string, end: string, moving: Wiring['moving'] = null): void {
  const doc = docNow()
  const [from, port] =
    isBoundary(node) || isBoundary(splitWire(start).node) ? namedPorts(start, end) : [start, end]
  const given = doc.document.nodes[node]?.in[port]
  const there = given === from || (Array.isArray(given) && given.includes(from))
  if (moving && moving.node === node && moving.port === port) return
  const commands: GraphCommand[] = []
  if (moving) commands.push({ type: 'disconnect', node: moving.node, port: moving.port, from: moving.from })
  if (!there) commands.push(connectCommand(from, node, port))
  if (commands.length === 1) doc.run(commands[0]!, `Connect ${from} to ${node}.${port}`)
  else if (commands.length) doc.run({ type: 'group', label: 'Move wire', commands }, 'Move wire')
}

export function disconnect(wire: {
  readonly node: string
  readonly port: string
  readonly from: string
}): void {
  const label = `Disconnect ${wire.from} from ${wire.node}.${wire.port}`
  docNow().run({ type: 'disconnect', node: wire.node, port: wire.port, from: wire.from }, label)
}

/** Removes what is selected: the wire, or the nodes. */
export function removeSelected(): void {
  const { selection, run } = docNow()
  if (selection.wire) disconnect(selection.wire)
  const ids = selection.nodes.filter(id => !isBoundary(id))
  if (!selection.wire && ids.length) run({ type: 'removeNodes', ids })
}

export function moveNodes(to: Readonly<Record<string, Point>>, label?: string): void {
  docNow().run({ type: 'moveNodes', to }, label)
}

export const fitAll = (): void => {
  void canvasNow()?.flow.fitView({ padding: 0.06, duration: pace(220), maxZoom: 1 })
}

/** Opens the search in the middle of the canvas, or where a person pointed; with a wire selected, for what fits into it. */
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
  // From the keyboard both the list and the node stand in the middle.
  const beside = screen ? (wiring?.side === 'in' ? CARD_WIDTH : 0) : CARD_WIDTH / 2
  const into = screen || wiring ? null : docNow().selection.wire
  useCanvasUi.setState({
    popover: {
      kind: 'add',
      at: [x - box.left - (screen ? 0 : POPOVER_WIDTH / 2), y - box.top],
      place: into ? middleOf(into) : [place.x - beside, place.y - 24],
      wiring,
      into,
    },
  })
}

/** Half way between the two ends of a wire. */
export function middleOf({ from, node }: WireRef): Point {
  const [a, b] = [placeOf(splitWire(from).node), placeOf(node)]
  return [(a[0] + CARD_WIDTH + b[0]) / 2 - CARD_WIDTH / 2, (a[1] + b[1]) / 2]
}

/** Shows a node by its path from the top, entering or leaving subgraphs on the way there. */
export function revealFromTop(path: string): void {
  const { scope, enter } = documentStore.getState()
  const parts = path.split('/')
  const id = parts.pop()!
  if (parts.join('/') === scope.join('/')) reveal(id)
  else {
    enter(parts)
    onceDrawn(() => reveal(id))
  }
}

/** Brings a node of the graph that is shown into view, and selects it. */
export function reveal(id: string): void {
  const canvas = canvasNow()
  const node = canvas?.flow.getNode(id)
  if (!canvas || !node) return
  docNow().select({ nodes: [id], wire: null })
  const { width = CARD_WIDTH, height = 140 } = node.measured ?? {}
  const zoom = Math.max(canvas.flow.getZoom(), 0.7)
  void canvas.flow.setCenter(node.position.x + width / 2, node.position.y + height / 2, {
    zoom,
    duration: pace(220),
  })
}
