import { type CSSProperties, memo, type ReactNode, useState } from 'react'
import styles from './FarCard.module.css'
import { farTitleSize } from './far-title.ts'
import { faultToShow } from './fault-words.ts'
import { type CardData, handleId, topHeight } from './model.ts'
import type { PortView } from './ports.ts'
import { detailNow, useCanvasUi } from './ui-store.ts'

/**
 * Where wires end on a card that is seen from afar: React Flow measures it as it does a port's handle. Hundreds of
 * cards may be in sight, and each real handle looks at every change of the canvas.
 */
function End({ node, port }: { readonly node: string; readonly port: PortView }) {
  const [type, side] = port.side === 'in' ? ['target', 'left'] : ['source', 'right']
  const ends = port.side === 'in' ? Math.max(1, port.wires.length) : 1
  return (
    <div className={styles.row} style={{ '--ends': ends } as CSSProperties}>
      <div
        className={`react-flow__handle react-flow__handle-${side} ${type} ${styles.end}`}
        data-nodeid={node}
        data-handleid={handleId(port.name)}
        data-handlepos={side}
      />
    </div>
  )
}

/** How far a card is seen from, where it is very far; one that comes into sight during a zoom is drawn for that. */
export function useFar(): 'farthest' | 'spot' | null {
  const settled = useCanvasUi(state => state.detail)
  const rests = useCanvasUi(state => state.rests)
  const [born] = useState(() => ({ rests, detail: detailNow() }))
  const detail = rests === born.rests ? born.detail : settled
  return detail === 'farthest' || detail === 'spot' ? detail : null
}

interface Props {
  readonly data: CardData
  /** From farther still a card is a spot of its colour. */
  readonly named: boolean
  readonly children: ReactNode
}

/** What a card is from afar, as high as it is close up and with its ports in the same places. */
export const FarTop = memo(function FarTop({ data, named, children }: Props) {
  const line = data.settings || faultToShow(data.faults) ? 22 : 0
  const waits = data.outputs.length === 0 && (data.pending || data.kind === 'batch')
  const style = {
    '--fitting': `${farTitleSize(data.title, topHeight(data))}px`,
    paddingTop: 56 + line,
  } as CSSProperties
  return (
    <div className={styles.top} style={style}>
      {[...data.inputs, ...data.outputs].map(port => (
        <End key={`${port.side} ${port.name}`} node={data.id} port={port} />
      ))}
      {waits && <div className={styles.row} />}
      {named && (
        <span className={styles.far} data-afar aria-hidden="true">
          <span className={styles.farTitle}>{data.title}</span>
          {children}
        </span>
      )}
    </div>
  )
})
