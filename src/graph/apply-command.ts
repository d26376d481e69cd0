import { current, type Draft, produce } from 'immer'
import { CommandFault } from './command-fault.ts'
import type { GraphCommand, Restore } from './commands.ts'
import {
  type GraphDocument,
  ID,
  type Meta,
  type NodeJson,
  splitWire,
  type Wire,
  wiresOf,
} from './document.ts'
import { setGroup } from './groups.ts'
import { own } from './own.ts'
import { removeNodes } from './remove-nodes.ts'
import { restore, restoring } from './restore.ts'
import { isJson, setPath } from './set-path.ts'
import { closeDef, isBoundary, openDef } from './subgraph/boundary.ts'
import { setWatches, soundWatches } from './watches.ts'

export interface Applied {
  /** The same object where the command changes nothing. */
  readonly document: GraphDocument
  /** Applied to `document`, gives the document as it was. */
  readonly inverse: Restore
}

const WIRE = /^(@in|[a-z][a-z0-9_]*)\..+$/su
const LARGEST_SEED = 0xffffffff

type Edit<T extends GraphCommand['type']> = Extract<GraphCommand, { type: T }>
type Doc = Draft<GraphDocument>

/** Applies one edit. Pure: the document that was given stays as it is; throws a `CommandFault` on what can't be. */
export function applyCommand(document: GraphDocument, command: GraphCommand): Applied {
  const next = apply(document, command)
  return { document: next, inverse: restoring(next, document) }
}

const apply = (document: GraphDocument, command: GraphCommand): GraphDocument =>
  command.type === 'within'
    ? within(document, command)
    : // An empty group or restore changes nothing; immer then gives back the same object.
      produce(document, doc => {
        edit(doc, command)
      })

function edit(doc: Doc, c: GraphCommand): void {
  switch (c.type) {
    case 'addNode':
      addNode(doc, c)
      return
    case 'removeNodes':
      for (const id of c.ids) {
        nodeOf(doc, id)
        if (isBoundary(id)) throw new CommandFault('the inputs and outputs of a subgraph stay', id)
      }
      removeNodes(doc, new Set(c.ids))
      return
    case 'moveNodes':
      moveNodes(doc, c)
      return
    case 'setParam':
      setParam(doc, c)
      return
    case 'setTitle': {
      const node = nodeOf(doc, c.node)
      if (c.title === undefined) delete node.title
      else node.title = c.title
      return
    }
    case 'connect':
      connect(doc, c)
      return
    case 'disconnect':
      disconnect(doc, c)
      return
    case 'setWatches':
      setWatches(doc, c.watches)
      return
    case 'setMode':
      for (const id of c.nodes) {
        const node = nodeOf(doc, id)
        if (c.mode === undefined) delete node.mode
        else node.mode = c.mode
      }
      return
    case 'setGroup':
      setGroup(doc, c.id, c.group)
      return
    case 'within': {
      const next = within(current(doc) as GraphDocument, c)
      doc.defs = next.defs as Doc['defs']
      if (doc.watches) setWatches(doc, next.watches ?? [])
      return
    }
    case 'setMeta':
      setMeta(doc, c.meta)
      return
    case 'group':
      for (const inner of c.commands) edit(doc, inner)
      return
    case 'restore':
      restore(doc, c)
      return
  }
}

function nodeOf(doc: Doc, id: string): Draft<NodeJson> {
  const node = own(doc.nodes, id)
  if (!node) throw new CommandFault(`there is no node "${id}"`, id)
  return node as Draft<NodeJson>
}

function addNode(doc: Doc, { id, node, at }: Edit<'addNode'>): void {
  if (!ID.test(id)) throw new CommandFault(`"${id}" is no id of a node`, id)
  if (own(doc.nodes, id)) throw new CommandFault(`there is a node "${id}" already`, id)
  if (!isJson(node.params)) throw new CommandFault('parameters must be plain values', id)
  doc.nodes[id] = node as Draft<NodeJson>
  place(doc, id, at)
}

function place(doc: Doc, id: string, [x, y]: readonly [number, number]): void {
  if (!Number.isFinite(x) || !Number.isFinite(y)) throw new CommandFault('a place is two numbers', id)
  const old = own(doc.view, id)
  if (!old || old[0] !== x || old[1] !== y) doc.view[id] = [x, y]
}

function moveNodes(doc: Doc, { to }: Edit<'moveNodes'>): void {
  for (const [id, at] of Object.entries(to)) {
    nodeOf(doc, id)
    place(doc, id, at)
  }
}

function setParam(doc: Doc, { node, path, value }: Edit<'setParam'>): void {
  if (path.length === 0) throw new CommandFault('a parameter needs a name', node)
  if (value !== undefined && !isJson(value))
    throw new CommandFault(`"${path.join('.')}" must be a plain value`, node)
  setPath(nodeOf(doc, node).params, path, value, node)
}

function connect(doc: Doc, { from, node, port, list, index }: Edit<'connect'>): void {
  const target = nodeOf(doc, node)
  if (port === '__proto__') throw new CommandFault(`"${port}" is no name of an input`, node)
  if (!WIRE.test(from)) throw new CommandFault(`"${from}" is no wire`, node)
  nodeOf(doc, splitWire(from).node)
  const old = own(target.in, port)
  if (!list) {
    if (old !== from) target.in[port] = from
    return
  }
  const wires = wiresOf(old)
  // A list takes a wire once: wiring it again only moves it.
  if (wires.includes(from) && index === undefined) return
  const others = wires.filter(w => w !== from)
  others.splice(index ?? others.length, 0, from)
  target.in[port] = others
}

/** Edits a subgraph as a graph of its own. */
function within(document: GraphDocument, { def, command }: Edit<'within'>): GraphDocument {
  const inner = openDef(document, def)
  if (!inner) throw new CommandFault(`there is no subgraph "${def}"`)
  const next = closeDef(document, def, apply(inner, command))
  const watches = soundWatches(next)
  if (watches === next.watches) return next
  const { watches: _watches, ...bare } = next
  return watches?.length ? { ...bare, watches } : bare
}

function disconnect(doc: Doc, { node, port, from }: Edit<'disconnect'>): void {
  const target = nodeOf(doc, node)
  const old = own(target.in, port)
  const wires = wiresOf(old)
  if (old === undefined || (from !== undefined && !wires.includes(from)))
    throw new CommandFault(`nothing is wired there: "${node}.${port}"`, node)
  setWires(target, port, from === undefined ? [] : wires.toSpliced(wires.indexOf(from), 1))
}

/** An input without wires is not in the file. */
function setWires(node: Draft<NodeJson>, port: string, wires: Wire[]): void {
  if (wires.length === 0) delete node.in[port]
  else node.in[port] = wires
}

function setMeta(doc: Doc, meta: Partial<Meta>): void {
  const { title, seed } = meta
  if (title !== undefined) doc.meta.title = title
  if (seed !== undefined) {
    if (!Number.isInteger(seed) || seed < 0 || seed > LARGEST_SEED)
      throw new CommandFault(`a seed is a whole number from 0 to ${LARGEST_SEED}`)
    doc.meta.seed = seed
  }
  if (!('about' in meta)) return
  if (meta.about === undefined) delete doc.meta.about
  else doc.meta.about = meta.about
}
