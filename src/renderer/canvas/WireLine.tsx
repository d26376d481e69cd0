import type { ConnectionLineComponentProps } from '@xyflow/react'
import type { CSSProperties } from 'react'
import type { CardNode } from './model.ts'
import styles from './Wire.module.css'
import { wireColour } from './wire-kind.ts'
import { wirePath } from './wire-path.ts'
import { useWiring } from './wiring.ts'

/** The wire while it is being drawn. */
export function WireLine({ fromX, fromY, toX, toY }: ConnectionLineComponentProps<CardNode>) {
  const wiring = useWiring(state => state.wiring)
  if (!wiring) return null
  const out = wiring.side === 'out'
  const { path } = out ? wirePath(fromX, fromY, toX, toY) : wirePath(toX, toY, fromX, fromY)
  return (
    <g style={{ '--wire': wireColour(wiring.kind) } as CSSProperties}>
      <path className={styles.drawn} d={path} />
      <circle className={styles.end} cx={toX} cy={toY} r={4.5} />
    </g>
  )
}
