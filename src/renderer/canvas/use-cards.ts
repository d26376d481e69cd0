import { applyNodeChanges, type EdgeChange, type NodeChange, useStoreApi } from '@xyflow/react'
import { useCallback, useMemo, useState } from 'react'
import { registry } from '../../nodes/index.ts'
import { useDocument } from '../state/index.ts'
import { moveNodes } from './actions.ts'
import type { Point } from './layout.ts'
import { type CanvasModel, type CardNode, createCanvasModel, type WireEdge } from './model.ts'
import { docNow } from './store.ts'

/** The document's cards and wires as they are now. */
export function useModel(): CanvasModel {
  const build = useMemo(createCanvasModel, [])
  const document = useDocument(state => state.document)
  const checked = useDocument(state => state.checked)
  const faults = useDocument(state => state.faults)
  const selection = useDocument(state => state.selection)
  return useMemo(
    () => build({ document, checked, faults, registry }, selection),
    [build, document, checked, faults, selection],
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
  readonly onDragStop: (event: unknown, node: CardNode, nodes: CardNode[]) => void
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

  const place = useCallback((moved: readonly CardNode[]) => {
    const { document } = docNow()
    const to: Record<string, Point> = {}
    for (const { id, position } of moved) {
      const at = document.view[id]
      if (at?.[0] !== position.x || at?.[1] !== position.y) to[id] = [position.x, position.y]
    }
    if (Object.keys(to).length === 0) return
    moveNodes(to)
    // A window that only reads refuses the edit: the cards go back.
    if (docNow().document === document)
      setShown(now => now.map(node => ({ ...node, position: positionOf(document.view, node) })))
  }, [])

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

  const onDragStop = useCallback(
    (_event: unknown, _node: CardNode, nodes: CardNode[]) => place(nodes),
    [place],
  )
  // React Flow never changes the lists that it is given.
  const nodes = shown as CardNode[]
  const edges = model.edges as WireEdge[]
  return { nodes, edges, onNodesChange, onEdgesChange, onDragStop }
}

const positionOf = (view: Readonly<Record<string, Point>>, node: CardNode): CardNode['position'] => {
  const at = view[node.id]
  return at ? { x: at[0], y: at[1] } : node.position
}
