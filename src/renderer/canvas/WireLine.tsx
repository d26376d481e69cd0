import { type ConnectionLineComponentProps, useInternalNode } from '@xyflow/react'
import type { CSSProperties } from 'react'
import { CARD_WIDTH, type CardNode } from './model.ts'
import styles from './Wire.module.css'
import { wireColour } from './wire-kind.ts'
import { wirePath } from './wire-path.ts'
import { useWiring } from './wiring.ts'

/** The wire while it is being drawn. */
export function WireLine({ fromX, fromY, toX, toY, fromHandle }: ConnectionLineComponentProps<CardNode>) {
  const wiring = useWiring(state => state.wiring)
  const producer = useInternalNode<CardNode>(wiring?.node ?? '')
  if (!wiring) return null
  const out = wiring.side === 'out'
  const ends = out ? ([fromX, fromY, toX, toY] as const) : ([toX, toY, fromX, fromY] as const)
  // Out of sight no port of it is drawn; the wire comes from about there.
  const far = out && fromHandle.type === 'target' && producer?.internals.positionAbsolute
  const { path } = far
    ? wirePath(far.x + (producer.measured.width ?? CARD_WIDTH), far.y + 60, toX, toY)
    : wirePath(...ends)
  return (
    <g style={{ '--wire': wireColour(wiring.kind) } as CSSProperties}>
      <path className={styles.drawn} d={path} />
      <circle className={styles.end} cx={toX} cy={toY} r={4.5} />
    </g>
  )
}
