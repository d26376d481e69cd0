import { MiniMap, Panel, type ReactFlowState, useReactFlow, useStore } from '@xyflow/react'
import { Maximize, Minus, Plus } from 'lucide-react'
import { fitAll } from './actions.ts'
import styles from './CanvasControls.module.css'
import { CATEGORIES } from './category.tsx'
import { pace } from './into-view.ts'
import type { CardNode } from './model.ts'
import { Overlays } from './Overlays.tsx'
import { detailAt } from './ui-store.ts'

const colourOf = (node: CardNode): string => CATEGORIES[node.data.category].colour

function Zoom() {
  const { zoomIn, zoomOut, zoomTo } = useReactFlow()
  const percent = useStore(state => Math.round(state.transform[2] * 100))
  const quick = { duration: pace(140) }
  return (
    <div className={styles.zoom} role="toolbar" aria-label="Zoom">
      <button type="button" onClick={() => void zoomOut(quick)} aria-label="Zoom out" title="Zoom out">
        <Minus size={15} aria-hidden="true" />
      </button>
      <button
        type="button"
        className={styles.percent}
        onClick={() => void zoomTo(1, quick)}
        title="Zoom to 100 %"
      >
        {percent} %
      </button>
      <button type="button" onClick={() => void zoomIn(quick)} aria-label="Zoom in" title="Zoom in">
        <Plus size={15} aria-hidden="true" />
      </button>
      <span className={styles.rule} />
      <button type="button" onClick={fitAll} aria-label="Fit the graph" title="Fit the graph (.)">
        <Maximize size={14} aria-hidden="true" />
      </button>
    </div>
  )
}

/** A canvas lower than this has no room for an overview. */
const LOW = 420
/** So far a card may reach out of sight and still count as seen. */
const EDGE = 4

/**
 * An overview helps while part of the graph is out of sight; otherwise it would only cover cards. Where cards are spots
 * the canvas is its own overview.
 */
function needsOverview({ nodeLookup, transform, width, height }: ReactFlowState): boolean {
  const [left, top, zoom] = transform
  if (height < LOW || detailAt(zoom) === 'spot') return false
  for (const { internals, measured } of nodeLookup.values()) {
    const x = internals.positionAbsolute.x * zoom + left
    const y = internals.positionAbsolute.y * zoom + top
    const right = x + (measured.width ?? 0) * zoom
    const bottom = y + (measured.height ?? 0) * zoom
    if (x < -EDGE || y < -EDGE || right > width + EDGE || bottom > height + EDGE) return true
  }
  return false
}

function Overview() {
  const needed = useStore(needsOverview)
  if (!needed) return null
  return (
    <MiniMap<CardNode>
      position="bottom-right"
      className={styles.map}
      nodeColor={colourOf}
      nodeStrokeWidth={0}
      nodeBorderRadius={10}
      pannable
      zoomable
      ariaLabel="Overview of the graph"
    />
  )
}

/** Minimap and zoom, in the lower corners. */
export function CanvasControls() {
  return (
    <>
      <Panel position="bottom-left" className={styles.corner}>
        <Zoom />
      </Panel>
      <Overlays />
      <Overview />
    </>
  )
}
