import { MiniMap, Panel, useReactFlow, useStore } from '@xyflow/react'
import { Maximize, Minus, Plus } from 'lucide-react'
import { fitAll } from './actions.ts'
import styles from './CanvasControls.module.css'
import { CATEGORIES } from './category.tsx'
import type { CardNode } from './model.ts'

const colourOf = (node: CardNode): string => CATEGORIES[node.data.category].colour

function Zoom() {
  const { zoomIn, zoomOut, zoomTo } = useReactFlow()
  const percent = useStore(state => Math.round(state.transform[2] * 100))
  const quick = { duration: 140 }
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

/** Minimap and zoom, in the lower corner. */
export function CanvasControls() {
  return (
    <>
      <Panel position="bottom-left" className={styles.corner}>
        <Zoom />
      </Panel>
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
    </>
  )
}
