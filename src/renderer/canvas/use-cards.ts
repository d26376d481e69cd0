import { applyNodeChanges, type EdgeChange, type NodeChange, useStoreApi } from '@xyflow/react'
import { useCallback, useMemo, useState } from 'react'
import { registry } from '../../nodes/index.ts'
import { useDocument, useShown } from '../state/index.ts'
import type { WireRef } from '../state/types.ts'
import { canGoInto, dropInto, moveNodes } from './actions.ts'
import { groupUnder, joinGroup } from './group-frames.ts'
import type { Point } from './layout.ts'
import { type CanvasModel, type CardNode, createCanvasModel, type WireEdge } from './model.ts'
import { docNow } from './store.ts'
import { useCanvasUi } from './ui-store.ts'
import { followMarks } from './watch-marks.ts'

/** The document's cards and wires as they are now. */
export function useModel(): CanvasModel {
  const build = useMemo(createCanvasModel, [])
  const document = useShown(state => state.document)
  const checked = useShown(state => state.checked)
  const faults = useShown(state => state.faults)
  const selection = useShown(state => state.selection)
  const marks = useDocument(useMemo(followMarks, []))
  return useMemo(
    () => build({ document, checked, faults, registry, marks }, selection),
    [build, document, checked, faults, marks, selection],
  )
}

/** Takes over what the document says, and keeps what React Flow has measured or is dragging. */
function merge(
  shown: readonly CardNode[],
  before: readonly CardNode[],
  now: readonly CardNode[],
): readonly CardNode[] {
  const old = new Map(shown.map(node => [node.id, node]))
  const last = new Map(before.map(node => [node.id, node]))
  return now.map(node => {
    const here = old.get(node.id)
    const was = last.get(node.id)
    if (!here || !was) return node
    if (was === node) return here
    const position = was.position === node.position || here.dragging ? here.position : node.position
    return { ...node, position, measured: here.measured, dragging: here.dragging }
  })
}

interface Cards {
  readonly nodes: CardNode[]
  readonly edges: WireEdge[]
  readonly onNodesChange: (changes: NodeChange<CardNode>[]) => void
  readonly onEdgesChange: (changes: EdgeChange<WireEdge>[]) => void
  readonly onDrag: (event: unknown, node: CardNode, nodes: CardNode[]) => void
  readonly onDragStop: (event: unknown, node: CardNode, nodes: CardNode[]) => void
  readonly onSelectionDragStop: (event: unknown, nodes: CardNode[]) => void
  /** Moves cards by so much of where the document has them, while a group's frame is dragged. */
  readonly onGroupDrag: (ids: readonly string[], by: Point) => void
  readonly onGroupDrop: (ids: readonly string[]) => void
}

/**
 * The nodes that React Flow shows. While cards are dragged they move here only; the document gets one edit at
 * the end. What is selected is the document's business alone.
 */
export function useCards(model: CanvasModel): Cards {
  const flow = useStoreApi<CardNode, WireEdge>()
  const [shown, setShown] = useState<readonly CardNode[]>(model.nodes)
  const [last, setLast] = useState(model.nodes)
  if (last !== model.nodes) {
    setLast(model.nodes)
    setShown(merge(shown, last, model.nodes))
  }

  const place = useCallback(
    (moved: readonly CardNode[]) => {
      const { document } = docNow()
      const { into } = useCanvasUi.getState()
      useCanvasUi.setState({ into: null })
      const to: Record<string, Point> = {}
      for (const { id, position } of moved) {
        const at = document.view[id]
        if (at?.[0] !== position.x || at?.[1] !== position.y) to[id] = [position.x, position.y]
      }
      if (Object.keys(to).length === 0) return
      const [only, more] = moved
      const group = only && !more ? groupUnder(document, only, flow.getState().nodeLookup) : undefined
      if (into && only) dropInto(only.id, into, to)
      else if (group !== undefined) joinGroup(group, only!.id, to)
      else moveNodes(to)
      // A window that only reads refuses the edit: the cards go back.
      if (docNow().document === document)
        setShown(now => now.map(node => ({ ...node, position: positionOf(document.view, node) })))
    },
    [flow],
  )

  const onNodesChange = useCallback((changes: NodeChange<CardNode>[]) => {
    const chosen = changes.filter(change => change.type === 'select')
    if (chosen.length) {
      const { selection, select } = docNow()
      const ids = new Set(selection.nodes)
      for (const { id, selected } of chosen) selected ? ids.add(id) : ids.delete(id)
      const next = [...ids]
      if (next.length !== selection.nodes.length || next.some((id, i) => id !== selection.nodes[i]))
        select({ nodes: next, wire: null })
    }
    const mine = changes.filter(change => change.type === 'position' || change.type === 'dimensions')
    if (mine.length) setShown(now => applyNodeChanges(mine, [...now]))
  }, [])

  const onEdgesChange = useCallback(
    (changes: EdgeChange<WireEdge>[]) => {
      // A box around nodes would choose their wires too.
      if (flow.getState().userSelectionActive) return
      const { selection, select } = docNow()
      for (const change of changes) {
        if (change.type !== 'select') continue
        const ref = flow.getState().edgeLookup.get(change.id)?.data?.ref
        if (change.selected && ref) select({ wire: ref })
        else if (!change.selected && ref && selection.wire && selection.wire.node === ref.node)
          select({ wire: null })
      }
    },
    [flow],
  )

  const onDrag = useCallback(
    (_event: unknown, _node: CardNode, nodes: CardNode[]) => {
      const [only, more] = nodes
      const found =
        only && !more ? wireUnder(only, id => flow.getState().edgeLookup.get(id)?.data?.ref) : null
      if (useCanvasUi.getState().into !== found) useCanvasUi.setState({ into: found })
    },
    [flow],
  )

  const onGroupDrag = useCallback((ids: readonly string[], by: Point) => {
    const moved = new Set(ids)
    const { view } = docNow().document
    setShown(now =>
      now.map(node => {
        if (!moved.has(node.id)) return node
        const at = view[node.id] ?? [node.position.x, node.position.y]
        return { ...node, position: { x: at[0] + by[0], y: at[1] + by[1] }, dragging: true }
      }),
    )
  }, [])

  const onGroupDrop = useCallback(
    (ids: readonly string[]) => {
      const moved = new Set(ids)
      setShown(now => now.map(node => (moved.has(node.id) ? { ...node, dragging: false } : node)))
      const nodes = ids.flatMap(id => flow.getState().nodeLookup.get(id) ?? [])
      if (nodes.length > 1) place(nodes as unknown as CardNode[])
      else if (nodes[0]) moveNodes({ [nodes[0].id]: [nodes[0].position.x, nodes[0].position.y] })
    },
    [flow, place],
  )

  const onDragStop = useCallback(
    (_event: unknown, _node: CardNode, nodes: CardNode[]) => place(nodes),
    [place],
  )
  const onSelectionDragStop = useCallback((_event: unknown, nodes: CardNode[]) => place(nodes), [place])
  // React Flow never changes the lists that it is given.
  const nodes = shown as CardNode[]
  const edges = model.edges as WireEdge[]
  return {
    nodes,
    edges,
    onNodesChange,
    onEdgesChange,
    onDrag,
    onDragStop,
    onSelectionDragStop,
    onGroupDrag,
    onGroupDrop,
  }
}

/** The wire under an unwired card, into which it would go. */
function wireUnder(node: CardNode, refOf: (edge: string) => WireRef | undefined): WireRef | null {
  const { data } = node
  const isWired = [...data.inputs, ...data.outputs].some(port => port.wires.length > 0)
  if (isWired) return null
  // In the graph's own measure, as wires are drawn: on the screen the card may be a frame behind.
  const { width = 0, height = 0 } = node.measured ?? {}
  const box = new DOMRect(node.position.x, node.position.y, width, height)
  let best: { readonly ref: WireRef; readonly distance: number } | null = null
  for (const edge of document.querySelectorAll<SVGElement>('.react-flow__edge')) {
    const distance = distanceTo(edge, box)
    if (distance === undefined || (best && best.distance <= distance)) continue
    const ref = refOf(edge.dataset.id ?? '')
    if (ref && canGoInto(node.id, ref)) best = { ref, distance }
  }
  return best?.ref ?? null
}

/** A wire is looked at in so many points. */
const POINTS = 24

/** How near a wire that runs behind a box comes to its middle; undefined for one that doesn't. */
function distanceTo(edge: SVGElement, box: DOMRect): number | undefined {
  const path = edge.querySelector<SVGPathElement>('.react-flow__edge-interaction')
  if (!path) return undefined
  const around = path.getBBox()
  if (around.x + around.width < box.left || around.x > box.right) return undefined
  if (around.y + around.height < box.top || around.y > box.bottom) return undefined
  const length = path.getTotalLength()
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2]
  let least: number | undefined
  for (let k = 0; k <= POINTS; k++) {
    const at = path.getPointAtLength((length * k) / POINTS)
    if (at.x < box.left || at.x > box.right || at.y < box.top || at.y > box.bottom) continue
    least = Math.min(least ?? Number.POSITIVE_INFINITY, Math.hypot(at.x - x, at.y - y))
  }
  return least
}

const positionOf = (view: Readonly<Record<string, Point>>, node: CardNode): CardNode['position'] => {
  const at = view[node.id]
  return at ? { x: at[0], y: at[1] } : node.position
}
