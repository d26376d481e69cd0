import { Handle, Position } from '@xyflow/react'
import { type CSSProperties, type MouseEvent, memo } from 'react'
import { wordsOf } from './fault-words.ts'
import { handleId } from './model.ts'
import styles from './PortRow.module.css'
import type { PortView } from './ports.ts'
import { WatchEye } from './WatchEye.tsx'
import { wireColour, wordOf } from './wire-kind.ts'
import { moodOf, pickUpWire, useWiring } from './wiring.ts'

interface Props {
  readonly node: string
  readonly port: PortView
  /** Watches of what it carries. */
  readonly watched?: readonly string[]
}

/** What the tooltip of a port says: what it is for, what it takes, what is on it. */
export function describePort(port: PortView): string {
  const what = port.side === 'in' ? 'takes' : 'carries'
  return [
    port.doc,
    port.takes &&
      `${what} ${port.takes}${port.list ? ', one or several' : ''}${port.optional ? ' (optional)' : ''}`,
    port.carries && (port.side === 'in' ? `is wired to ${port.carries}` : `carries ${port.carries}`),
    port.fault && wordsOf(port.fault),
  ]
    .filter(Boolean)
    .join('\n')
}

/**
 * Picks up the end of the wire at this input: the drag goes on as one from the output that feeds it. With a
 * list of wires, or where the output isn't drawn, a second wire is begun instead.
 */
function pickUp(event: MouseEvent, node: string, port: PortView): void {
  pickUpWire(null)
  const [wire] = port.wires
  if (event.button !== 0 || port.wires.length !== 1 || port.list || !wire) return
  const dot = wire.indexOf('.')
  const source = document.querySelector(
    `.react-flow__handle.source[data-nodeid="${wire.slice(0, dot)}"][data-handleid="${CSS.escape(handleId(wire.slice(dot + 1)))}"]`,
  )
  if (!source) return
  event.stopPropagation()
  event.preventDefault()
  const { clientX, clientY } = event
  source.dispatchEvent(new window.MouseEvent('mousedown', { bubbles: true, button: 0, clientX, clientY }))
  pickUpWire({ node, port: port.name, from: wire })
}

export const PortRow = memo(function PortRow({ node, port, watched }: Props) {
  const mood = useWiring(state => moodOf(state.wiring, node, port))
  const input = port.side === 'in'
  const ends = input && port.wires.length > 1 ? port.wires.length : 1
  const style = { '--port': wireColour(port.kind), '--ends': ends } as CSSProperties
  const missing = port.fault?.code === 'DT021'
  return (
    <div
      className={styles.row}
      data-side={port.side}
      data-port={port.name}
      data-mood={mood}
      data-wired={port.wires.length > 0}
      data-faulty={port.fault?.severity === 'error' || undefined}
      style={style}
      title={describePort(port)}
    >
      <Handle
        id={handleId(port.name)}
        type={input ? 'target' : 'source'}
        position={input ? Position.Left : Position.Right}
        className={styles.handle}
        role="img"
        aria-label={`${input ? 'Input' : 'Output'} ${port.name}, ${wordOf(port.kind)}`}
        onMouseDownCapture={event => (input ? pickUp(event, node, port) : pickUpWire(null))}
      />
      <span className={styles.name}>
        {port.name}
        {port.optional && !port.wires.length && <i className={styles.optional}>optional</i>}
      </span>
      {watched && <WatchEye names={watched} />}
      {missing ? (
        <span className={styles.needed}>not wired</span>
      ) : (
        port.shape && <span className={styles.shape}>{port.shape}</span>
      )}
    </div>
  )
})
