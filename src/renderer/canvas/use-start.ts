import {
  getNodesBounds,
  getViewportForBounds,
  type Rect,
  useNodesInitialized,
  useReactFlow,
  type Viewport,
} from '@xyflow/react'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { CardNode } from './model.ts'
import { detailNow, showDetail } from './ui-store.ts'

export const MIN_ZOOM = 0.08
const FIT = { padding: 0.06, maxZoom: 1 }
const NOWHERE: Rect = { x: 0, y: 0, width: 0, height: 0 }

/** What the cards cover, by the sizes that they will have about; nothing where a file has them at no place. */
export function boundsOf(nodes: readonly CardNode[]): Rect {
  const bounds = getNodesBounds(
    nodes.map(node => ({ ...node, width: node.initialWidth, height: node.initialHeight })),
  )
  return Object.values(bounds).every(side => Math.abs(side) < 1e9) ? bounds : NOWHERE
}

interface Start {
  readonly of: string
  readonly viewport: Viewport
  /** A person left it there; a graph that is shown for the first time is fitted into the view. */
  readonly kept: boolean
}

/** Where a person has left each graph and subgraph: other tabs and the graphs around are found as they were. */
const left = new Map<string, Viewport>()

export const leaveAt = (of: string, [x, y, zoom]: readonly [number, number, number]): void =>
  void left.set(of, { x, y, zoom })

/**
 * Where the canvas begins with a graph: where it was left, or as fitted as sizes can be told before anything is drawn,
 * so that a card is drawn with the detail that this zoom has from the first. Null until that is known.
 */
export function useStart(of: string, frame: HTMLElement | null, nodes: readonly CardNode[]): Start | null {
  const [start, setStart] = useState<Start | null>(null)
  useLayoutEffect(() => {
    if (!frame || start?.of === of) return
    const { clientWidth, clientHeight } = frame
    const { padding, maxZoom } = FIT
    const bounds = boundsOf(nodes)
    const before = left.get(of)
    const viewport =
      before ?? getViewportForBounds(bounds, clientWidth, clientHeight, MIN_ZOOM, maxZoom, padding)
    showDetail(frame, viewport.zoom)
    frame.dataset.detail = detailNow()
    setStart({ of, viewport, kept: before !== undefined })
  }, [of, frame, nodes, start])
  return start?.of === of ? start : null
}

/** Fits a document into the view when it is opened, once its cards have been measured. */
export function FitOnOpen({ id }: { readonly id: string }) {
  const ready = useNodesInitialized()
  const { fitView } = useReactFlow()
  const fitted = useRef('')
  useEffect(() => {
    if (!ready || fitted.current === id) return
    fitted.current = id
    void fitView(FIT)
  }, [ready, id, fitView])
  return null
}
