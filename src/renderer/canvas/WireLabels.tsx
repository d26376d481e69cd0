import { useEdges, useNodes, useStoreApi } from '@xyflow/react'
import { useEffect } from 'react'
import { labelPlaces } from './label-wishes.ts'
import type { CardNode, WireEdge } from './model.ts'
import { useOverlay } from './overlay-store.ts'
import { useCanvasUi } from './ui-store.ts'

/** Finds places for the labels of all wires, for as long as it is mounted. Wires draw their own. */
export function WireLabels() {
  const nodes = useNodes<CardNode>()
  const edges = useEdges<WireEdge>()
  const detail = useCanvasUi(state => state.detail)
  const store = useStoreApi<CardNode, WireEdge>()
  useEffect(() => {
    useOverlay.setState({ labels: labelPlaces(nodes, edges, store.getState().nodeLookup, detail) })
  }, [nodes, edges, store, detail])
  useEffect(() => () => useOverlay.setState({ labels: new Map() }), [])
  return null
}
