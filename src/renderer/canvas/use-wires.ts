import type { Connection, FinalConnectionState, OnConnectStartParams } from '@xyflow/react'
import { useCallback } from 'react'
import { splitWire } from '../../graph/document.ts'
import { connect, disconnect, openSearch } from './actions.ts'
import { type CardData, portOfHandle } from './model.ts'
import type { PortView } from './ports.ts'
import { docNow } from './store.ts'
import { canvasNow } from './ui-store.ts'
import {
  beginWiring,
  endWiring,
  moodOf,
  pickedUp,
  pickUpWire,
  startWiring,
  useWiring,
  type Wiring,
} from './wiring.ts'

const cardOf = (id: string): CardData | undefined => canvasNow()?.flow.getNode(id)?.data

/** The port of a card that takes the wire: a free one, else one that fits. */
function takerOf(wiring: Wiring, card: CardData): PortView | undefined {
  const ports = wiring.side === 'out' ? card.inputs : card.outputs
  const fitting = ports.filter(port => moodOf(wiring, card.id, port) === 'fits')
  return fitting.find(port => port.side === 'out' || port.wires.length === 0 || port.list) ?? fitting[0]
}

function join(wiring: Wiring, node: string, port: string): void {
  if (wiring.side === 'out') connect(`${wiring.node}.${wiring.port}`, node, port, wiring.moving)
  else connect(`${node}.${port}`, wiring.node, wiring.port)
}

/** The port of a card on whose row something was dropped, if the wire may end there. */
function portUnder(element: Element, wiring: Wiring, card: CardData): PortView | undefined {
  const name = element.closest<HTMLElement>('[data-port]')?.dataset.port
  const ports = wiring.side === 'out' ? card.inputs : card.outputs
  return ports.find(port => port.name === name && moodOf(wiring, card.id, port) === 'fits')
}

/**
 * The wire that is drawn from a port. At an input with a single wire it is that wire, whose producer was out of sight:
 * it is moved as if it had been picked up there.
 */
function wiringFrom(card: CardData, port: PortView): Wiring {
  const { document } = docNow()
  const moving = pickedUp()
  const [from] = port.wires
  if (moving || port.side === 'out' || port.list || from === undefined)
    return beginWiring(document, card, port, moving)
  const producer = splitWire(from)
  const source = cardOf(producer.node)
  const output = source?.outputs.find(one => one.name === producer.port)
  const held = { node: card.id, port: port.name, from }
  return source && output
    ? beginWiring(document, source, output, held)
    : beginWiring(document, card, port, held)
}

const pointOf = (event: MouseEvent | TouchEvent): { x: number; y: number } => {
  const at = 'changedTouches' in event ? event.changedTouches[0]! : event
  return { x: at.clientX, y: at.clientY }
}

/** Drawing wires with the mouse. Any input may be dropped on: what is wrong is for the checker to say. */
export function useWires() {
  const onConnectStart = useCallback((_event: unknown, start: OnConnectStartParams) => {
    const { nodeId, handleId, handleType } = start
    const card = nodeId === null ? undefined : cardOf(nodeId)
    if (!card || handleId === null) return
    const ports = handleType === 'source' ? card.outputs : card.inputs
    const port = ports.find(one => one.name === portOfHandle(handleId))
    if (port) startWiring(wiringFrom(card, port))
  }, [])

  const onConnect = useCallback((made: Connection) => {
    const { wiring } = useWiring.getState()
    // Escape has taken it back.
    if (!wiring || !made.sourceHandle || !made.targetHandle) return
    const from = `${made.source}.${portOfHandle(made.sourceHandle)}`
    connect(from, made.target, portOfHandle(made.targetHandle), wiring.moving)
  }, [])

  const onConnectEnd = useCallback((event: MouseEvent | TouchEvent, end: FinalConnectionState) => {
    const { wiring } = useWiring.getState()
    endWiring()
    pickUpWire(null)
    if (!wiring || end.isValid) return
    const point = pointOf(event)
    const under = document.elementFromPoint(point.x, point.y)
    const id = under?.closest<HTMLElement>('.react-flow__node')?.dataset.id
    const card = id === undefined ? undefined : cardOf(id)
    if (card) {
      const near = under && portUnder(under, wiring, card)
      // Dropped on the card that it came from, a wire stays where it was.
      const stays = card.id === wiring.node || card.id === wiring.moving?.node
      const taker = near ?? (stays ? undefined : takerOf(wiring, card))
      if (taker) join(wiring, card.id, taker.name)
    } else if (under?.closest('.react-flow')) {
      if (wiring.moving) disconnect(wiring.moving)
      else openSearch(point, wiring)
    }
  }, [])

  return { onConnectStart, onConnect, onConnectEnd }
}

/** A node doesn't read itself; everything else may be tried. */
export const mayConnect = (made: { source: string; target: string }): boolean => made.source !== made.target
