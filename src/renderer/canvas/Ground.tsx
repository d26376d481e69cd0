import { ViewportPortal } from '@xyflow/react'
import { memo } from 'react'
import styles from './Ground.module.css'
import type { CardNode } from './model.ts'
import { boundsOf } from './use-start.ts'

/** So far the ground reaches beyond the outermost cards. */
const AROUND = 20_000
/** A multiple of the gap between dots at every zoom: they stay where they are when the graph grows. */
const UNIT = 18_480

/**
 * The dotted ground on which the graph stands. It moves with the graph, so that nothing is drawn again while a person
 * pans; and as it lies under all cards, the browser keeps them as one layer, where those that stand apart would each
 * become their own.
 */
export const Ground = memo(function Ground({ nodes }: { readonly nodes: readonly CardNode[] }) {
  const { x, y, width, height } = boundsOf(nodes)
  const [left, top] = [x, y].map(at => Math.floor((at - AROUND) / UNIT) * UNIT) as [number, number]
  const style = {
    transform: `translate(${left}px, ${top}px)`,
    width: x + width + AROUND - left,
    height: y + height + AROUND - top,
  }
  return (
    <ViewportPortal>
      <div className={styles.ground} style={style} />
    </ViewportPortal>
  )
})
