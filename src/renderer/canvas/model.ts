import type { Edge, Node } from '@xyflow/react'
import type { CheckedGraph } from '../../graph/check.ts'
import type { Diagnostic } from '../../graph/diagnostic.ts'
import {
  type GraphDocument,
  type NodeJson,
  REROUTE,
  references,
  splitWire,
  wiresOf,
} from '../../graph/document.ts'
import type { Category, NodeDef, Registry } from '../../graph/kit.ts'
import type { Off } from '../../graph/modes.ts'
import { own } from '../../graph/own.ts'
import { INPUTS, isBoundary, OUTPUTS } from '../../graph/subgraph/boundary.ts'
import { equal } from '../state/stable.ts'
import type { Selection, WireRef } from '../state/types.ts'
import { brief } from '../ui/brief.ts'
import { boundaryPorts } from './boundary-ports.ts'
import { faultToShow } from './fault-words.ts'
import { placeAll, type Size } from './layout.ts'
import { inputPorts, isPending, outputPorts, type PortView, readPorts } from './ports.ts'
import { fits } from './probe.ts'
import { settingsLine } from './settings-line.ts'
import type { WatchMark, WatchMarks } from './watch-marks.ts'
import { briefShape, kindOfType, shapeOf, type WireKind, wordOf } from './wire-kind.ts'
import { wireTypes } from './wire-types.ts'

export type CardCategory = Category | 'subgraph' | 'missing' | 'reroute' | 'boundary'

/** All that a card shows of the document; the run's progress comes on its own way. */
export type CardData = {
  readonly id: string
  readonly type: string
  readonly kind: NodeDef['kind'] | 'subgraph' | 'missing' | 'reroute' | 'boundary'
  readonly category: CardCategory
  readonly title: string
  readonly inputs: readonly PortView[]
  readonly outputs: readonly PortView[]
  readonly faults: readonly Diagnostic[]
  /** The first few settings that the file names. */
  readonly settings: string
  readonly frozen: boolean
  readonly sharedWith: string | null
  /** The node whose weights it follows as a moving average. */
  readonly averageOf: string | null
  /** Columns are still being read. */
  readonly pending: boolean
  /** Why it does not run; null where it does. */
  readonly off: Off | null
  /** A note's Markdown. */
  readonly text: string
  readonly watches: readonly WatchMark[]
}

export type WireData = {
  readonly ref: WireRef
  readonly kind: WireKind
  readonly word: string
  readonly shape: string
  /** The shape where there is no room for its names. */
  readonly brief: string
  readonly state: 'sound' | 'reading' | 'faulty' | 'off'
  readonly fault: Diagnostic | null
  /** Its place among the wires of a list input, from 1; null where it is the only one. */
  readonly order: number | null
  /** How many wires the input has. */
  readonly of: number
}

export type CardNode = Node<CardData, 'card' | 'note' | 'reroute'>
export type WireEdge = Edge<WireData, 'wire'>

export interface ModelInput {
  readonly document: GraphDocument
  readonly checked: CheckedGraph
  readonly faults: ReadonlyMap<string, readonly Diagnostic[]>
  readonly registry: Registry
  readonly marks: WatchMarks
}

export interface CanvasModel {
  readonly nodes: readonly CardNode[]
  readonly edges: readonly WireEdge[]
}

export const CARD_WIDTH = 248
export const NOTE_WIDTH = 400
export const ROW_HEIGHT = 24
/** Side of a reroute's square. */
export const REROUTE_SIZE = 24

/** Port names may be any text, and React Flow looks for handles by selector. */
export const handleId = (port: string): string => encodeURIComponent(port)
export const portOfHandle = (handle: string): string => decodeURIComponent(handle)

/** A Train's curve; a bar's verdict; an evaluator's numbers and pictures, when it has them. */
const BODY = { train: 116, bar: 92, evaluator: 165 } as const

/** What a card shows of a run; undefined for one that shows nothing. A host node that reports is a bar. */
export function bodyOf({ kind, category }: CardData): keyof typeof BODY | undefined {
  if (kind === 'train' || kind === 'evaluator') return kind
  if (kind === 'timing') return 'evaluator'
  return kind === 'host' && category === 'evaluation' ? 'bar' : undefined
}

/** Of a card without its body. */
export function topHeight(data: CardData): number {
  const rows = data.inputs.length + data.outputs.length
  const line = data.settings || faultToShow(data.faults) ? 22 : 0
  return 50 + line + rows * ROW_HEIGHT + 13
}

/** About as large as the card will be, for the layout and for the first frame. */
export function sizeOfCard(data: CardData): Size {
  if (data.kind === 'reroute') return { width: REROUTE_SIZE, height: REROUTE_SIZE }
  if (data.kind === 'note') {
    const lines = data.text.split('\n').reduce((sum, line) => sum + 1 + Math.floor(line.length / 64), 0)
    return { width: NOTE_WIDTH, height: 40 + lines * 19 }
  }
  const body = bodyOf(data)
  return { width: CARD_WIDTH, height: topHeight(data) + 2 + (body ? BODY[body] : 0) }
}

const TITLES: Readonly<Record<string, string>> = {
  [INPUTS]: 'Inputs',
  [OUTPUTS]: 'Outputs',
  [REROUTE]: 'Reroute',
}
const NONE: readonly Diagnostic[] = []
const UNWATCHED: readonly WatchMark[] = []

/** Faults by node on the canvas: those inside a subgraph belong to its card. */
function byCard(faults: ModelInput['faults']): ReadonlyMap<string, readonly Diagnostic[]> {
  const found = new Map<string, readonly Diagnostic[]>()
  for (const [id, list] of faults) {
    const card = id.split('/', 1)[0]!
    const before = found.get(card)
    found.set(card, before ? [...before, ...list] : list)
  }
  return found
}

const plural = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`

/** "ViT image encoder, encoder, 2 faults" */
export function cardLabel(data: CardData): string {
  const faults = data.faults.length ? `, ${plural(data.faults.length, 'fault')}` : ''
  const off = data.off ? `, ${offWord(data.off, data.id)}` : ''
  const watched = data.watches.length ? ', watched' : ''
  return `${data.title}, ${data.id}, ${data.category}${data.frozen ? ', frozen' : ''}${off}${watched}${faults}`
}

/** "muted", or "off: needs vision, which is muted". */
export const offWord = ({ mode, by }: Off, id: string): string =>
  by === id ? mode : `off: needs ${by}, which is ${mode}`

function cardData(
  id: string,
  json: NodeJson,
  input: ModelInput,
  faults: readonly Diagnostic[],
  read: readonly string[],
): CardData {
  const { document, checked, registry } = input
  const types = wireTypes(document, checked.types)
  const def = registry.get(json.type)
  const subgraph = json.type.startsWith('def:') ? own(document.defs, json.type.slice(4)) : undefined
  const node = checked.nodes.get(id)
  const around = { def, subgraph, checked: node, types, faults, read }
  const named = references(json.params)
  const referred = (param: string) => named.find(ref => ref.path === param)?.node ?? null
  const special = subgraph ? 'subgraph' : json.type === REROUTE ? 'reroute' : 'missing'
  const kind = def?.kind ?? (isBoundary(id) ? 'boundary' : special)
  return {
    id,
    type: json.type,
    kind,
    category: def?.category ?? (isBoundary(id) ? 'boundary' : special),
    title: brief(json.title || def?.title || (TITLES[json.type] ?? json.type.replace(/^def:/, ''))),
    ...(kind === 'boundary'
      ? boundaryPorts(id, json, types)
      : { inputs: inputPorts(json, around), outputs: outputPorts(id, json, around) }),
    off: checked.off.get(id) ?? null,
    faults,
    settings: def?.kind === 'note' ? '' : settingsLine(json.params, def),
    frozen: json.params.trainable === false,
    sharedWith: referred('sharedWith'),
    averageOf: referred('averageOf'),
    pending: isPending(node),
    watches: own(input.marks, id) ?? UNWATCHED,
    text: def?.kind === 'note' && typeof json.params.text === 'string' ? json.params.text : '',
  }
}

/** What the checker says of one wire. Of a list only those wires are at fault that don't fit, if any don't. */
function faultOfWire(
  port: PortView | undefined,
  wire: string,
  types: CheckedGraph['types'],
): Diagnostic | null {
  const fault = port?.fault
  if (!port || !fault || fault.severity !== 'error') return null
  if (port.wires.length < 2 || !port.accept) return fault
  const accept = port.accept
  const wrong = port.wires.filter(one => {
    const type = types.get(one)
    return fault.message.includes(`"${one}"`) || (type !== undefined && !fits(accept, type))
  })
  return wrong.length === 0 || wrong.includes(wire) ? fault : null
}

function wiresInto(
  card: CardData,
  cards: ReadonlyMap<string, CardData>,
  types: CheckedGraph['types'],
): WireEdge[] {
  return card.inputs.flatMap(port =>
    port.wires.flatMap((wire, place) => {
      const from = splitWire(wire)
      const source = cards.get(from.node)
      if (!source) return []
      const output = source.outputs.find(one => one.name === from.port)
      const type = types.get(wire) ?? output?.type
      const fault = faultOfWire(port, wire, types)
      const kind = type ? kindOfType(type) : (output?.kind ?? 'unknown')
      const reading = kind === 'unknown' || type?.kind === 'unknown' || source.pending
      const nth = port.wires.indexOf(wire) === place ? '' : `#${place}`
      const data: WireData = {
        ref: { node: card.id, port: port.name, from: wire },
        kind,
        // What nobody is reading will not be known before its node is mended.
        word: kind === 'unknown' && !source.pending ? 'not known' : wordOf(kind),
        shape: shapeOf(type),
        brief: briefShape(type),
        state: fault ? 'faulty' : card.off || source.off ? 'off' : reading ? 'reading' : 'sound',
        fault,
        order: port.wires.length > 1 ? place + 1 : null,
        of: port.wires.length,
      }
      return [
        {
          id: `${wire}>${card.id}.${port.name}${nth}`,
          type: 'wire' as const,
          source: from.node,
          target: card.id,
          sourceHandle: handleId(from.port),
          targetHandle: handleId(port.name),
          data,
          ariaLabel: `Wire from ${source.title} ${from.port} to ${card.title} ${port.name}${fault ? `, fault: ${fault.message}` : ''}`,
        },
      ]
    }),
  )
}

const sameRef = (a: WireRef | null, b: WireRef): boolean =>
  a !== null && a.node === b.node && a.port === b.port && a.from === b.from

/**
 * From the document and what the checker says of it to cards and wires. What it gives is the same object as
 * before wherever its content is, so that only cards which changed are drawn again.
 */
export function createCanvasModel(): (input: ModelInput, selection: Selection) => CanvasModel {
  let lastInput: ModelInput | undefined
  let cards: ReadonlyMap<string, CardData> = new Map()
  let plainNodes: ReadonlyMap<string, CardNode> = new Map()
  let plainEdges: ReadonlyMap<string, WireEdge> = new Map()
  let shown: { readonly nodes: Map<string, CardNode>; readonly edges: Map<string, WireEdge> } = {
    nodes: new Map(),
    edges: new Map(),
  }

  /** What each card was made of: with the same parts it is the same card. */
  let parts: ReadonlyMap<string, readonly unknown[]> = new Map()

  const makeCards = (input: ModelInput): void => {
    const { document, checked, registry } = input
    const faults = byCard(input.faults)
    const read = readPorts(document.nodes)
    const types = wireTypes(document, checked.types)
    const before = cards
    const oldParts = parts
    const newParts = new Map<string, readonly unknown[]>()
    cards = new Map(
      Object.entries(document.nodes).map(([id, json]) => {
        const mine = faults.get(id) ?? NONE
        const ports = read.get(id) ?? []
        const wires = Object.values(json.in).flatMap(w => wiresOf(w).map(wire => types.get(wire)))
        const mineNow = [
          json,
          document.defs,
          registry,
          checked.nodes.get(id),
          checked.off.get(id),
          mine,
          ports.join('\n'),
          own(input.marks, id),
          ...wires,
        ]
        newParts.set(id, mineNow)
        const old = before.get(id)
        const was = oldParts.get(id)
        // The ports of a subgraph have types of their own, deep inside; those of its edge come from all its nodes.
        const subgraph = json.type.startsWith('def:') || json.type === REROUTE || isBoundary(id)
        if (old && !subgraph && was?.length === mineNow.length && mineNow.every((part, k) => part === was[k]))
          return [id, old]
        const next = cardData(id, json, input, mine, ports)
        return [id, old && equal(old, next) ? old : next]
      }),
    )
    parts = newParts
  }

  const rebuild = (input: ModelInput, last: ModelInput | undefined): void => {
    const { document, checked } = input
    const moved =
      last !== undefined &&
      last.document.nodes === document.nodes &&
      last.document.defs === document.defs &&
      last.checked === checked &&
      last.faults === input.faults &&
      last.registry === input.registry &&
      last.marks === input.marks
    if (!moved) makeCards(input)
    const places = placeAll(document, id => sizeOfCard(cards.get(id)!))
    const oldNodes = plainNodes
    plainNodes = new Map(
      [...cards].map(([id, data]) => {
        const [x, y] = places.get(id)!
        const old = oldNodes.get(id)
        if (old && old.data === data && old.position.x === x && old.position.y === y) return [id, old]
        const { width, height } = sizeOfCard(data)
        const node: CardNode = {
          id,
          type: data.kind === 'note' || data.kind === 'reroute' ? data.kind : 'card',
          position: { x, y },
          data,
          initialWidth: width,
          initialHeight: height,
          ariaLabel: cardLabel(data),
        }
        return [id, node]
      }),
    )
    if (moved) return
    const oldEdges = plainEdges
    plainEdges = new Map(
      [...cards.values()].flatMap(card =>
        wiresInto(card, cards, wireTypes(document, checked.types)).map(edge => {
          const old = oldEdges.get(edge.id)
          return [edge.id, old && equal(old, edge) ? old : edge] as const
        }),
      ),
    )
  }

  return (input, selection) => {
    const { document, checked, faults, registry, marks } = input
    const last = lastInput
    const changed =
      last?.document !== document ||
      last.checked !== checked ||
      last.faults !== faults ||
      last.registry !== registry ||
      last.marks !== marks
    if (changed) rebuild(input, last)
    lastInput = input
    const chosen = new Set(selection.nodes)
    const nodes = new Map<string, CardNode>()
    for (const [id, node] of plainNodes) {
      const old = shown.nodes.get(id)
      const selected = chosen.has(id)
      const kept =
        old && old.data === node.data && old.position === node.position && old.selected === selected
      nodes.set(id, kept ? old : { ...node, selected })
    }
    const edges = new Map<string, WireEdge>()
    for (const [id, edge] of plainEdges) {
      const old = shown.edges.get(id)
      const selected = sameRef(selection.wire, edge.data!.ref)
      const kept = old && old.data === edge.data && old.selected === selected
      edges.set(id, kept ? old : { ...edge, selected, zIndex: selected ? 1 : 0 })
    }
    shown = { nodes, edges }
    return { nodes: [...nodes.values()], edges: [...edges.values()] }
  }
}
