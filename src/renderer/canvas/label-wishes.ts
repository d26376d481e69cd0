import type { InternalNode, NodeHandle } from '@xyflow/react'
import { farTitleSize, farTitleSpace } from './far-title.ts'
import { type LabelForm, type LabelPlace, type LabelWish, placeLabels, type Rect } from './label-places.ts'
import type { Point } from './layout.ts'
import {
  bodyOf,
  type CardNode,
  handleId,
  sizeOfCard,
  topHeight,
  type WireData,
  type WireEdge,
} from './model.ts'
import type { Detail } from './ui-store.ts'
import { listShift, wirePoint } from './wire-path.ts'

type Lookup = ReadonlyMap<string, InternalNode<CardNode>>

/** Sizes of labels and of titles from afar at each zoom, as in `Canvas.module.css`. */
const LABEL: Readonly<Record<Detail, number>> = { close: 11, near: 11, far: 18, farther: 26, farthest: 34 }
const TITLE: Readonly<Record<Detail, number>> = { close: 0, near: 0, far: 22, farther: 28, farthest: 36 }
/** Widths of a letter of the word and of the shape, and a label's height, in units of its size. */
const LETTER = 0.58
const MONO_LETTER = 0.58
const GAP = 0.55
const LINE = 1.4
const LEAST_HEIGHT = 22

/** Where a label may be, the middle of its wire first. */
const SHARES = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.1, 0.9]

/** Places for the labels of the wires whose ends are known, which those are that are or were in sight. */
export function labelPlaces(
  nodes: readonly CardNode[],
  edges: readonly WireEdge[],
  lookup: Lookup,
  detail: Detail,
): ReadonlyMap<string, LabelPlace> {
  const obstacles = nodes.map(node => obstacleOf(node, detail))
  const wishes = edges.flatMap(edge => {
    const ends = edge.data && endsOf(edge, edge.data, lookup)
    return ends ? [wishOf(edge.id, edge.data!, ends, detail)] : []
  })
  return placeLabels(wishes, obstacles)
}

/** What must stay readable of a card: from afar its title only, and what its body shows. */
function obstacleOf({ data, position, measured }: CardNode, detail: Detail): Rect {
  const guess = sizeOfCard(data)
  const { width = guess.width, height = guess.height } = measured ?? {}
  const whole = { x: position.x, y: position.y, width, height }
  if (TITLE[detail] === 0 || data.kind === 'note' || data.kind === 'reroute' || bodyOf(data)) return whole
  const space = farTitleSpace(data.title, Math.min(TITLE[detail], farTitleSize(data.title, topHeight(data))))
  return {
    x: position.x + (width - space.width) / 2,
    y: position.y + (height - space.height) / 2,
    width: space.width,
    height: space.height,
  }
}

type Ends = readonly [fromX: number, fromY: number, toX: number, toY: number]

function endsOf(
  { source, target, sourceHandle }: WireEdge,
  data: WireData,
  lookup: Lookup,
): Ends | undefined {
  const from = placeOf(lookup.get(source), 'source', sourceHandle ?? '')
  const to = placeOf(lookup.get(target), 'target', handleId(data.ref.port))
  // As the wire is drawn: from dot to dot.
  return from && to && [from[0] - 10, from[1], to[0] + 10, to[1] + listShift(data.order, data.of)]
}

function placeOf(
  node: InternalNode<CardNode> | undefined,
  side: 'source' | 'target',
  id: string,
): Point | undefined {
  const handle: NodeHandle | undefined = node?.internals.handleBounds?.[side]?.find(h => h.id === id)
  if (!node || !handle) return undefined
  const { x, y } = node.internals.positionAbsolute
  const right = side === 'source' ? (handle.width ?? 0) : 0
  return [x + handle.x + right, y + handle.y + (handle.height ?? 0) / 2]
}

function wishOf(id: string, data: WireData, ends: Ends, detail: Detail): LabelWish {
  const size = LABEL[detail]
  const { word, shape, brief } = data
  const height = Math.max(LEAST_HEIGHT, size * LINE + 6)
  const form = (form: LabelForm, words: string, dims: string) => ({
    form,
    // With its padding and its border.
    width: (words.length * LETTER + dims.length * MONO_LETTER + (words && dims ? GAP : 0)) * size + 18,
    height,
  })
  const forms = shape
    ? [form('full', word, shape), form('brief', word, brief), form('shape', '', brief)]
    : [form('full', word, '')]
  return {
    id,
    group: data.ref.from,
    // Tensors tell more than wires whose kind their colour says already.
    rank: shape ? 0 : 1,
    // From afar cards are close together, and so would long labels be.
    standOff: shape ? forms.slice(TITLE[detail] > 0 ? 1 : 0, 2) : [],
    points: SHARES.map(share => wirePoint(share, ...ends)),
    forms: forms.filter((one, k) => forms.findIndex(other => other.width <= one.width) === k),
  }
}
