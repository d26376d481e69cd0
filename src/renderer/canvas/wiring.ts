import { create } from 'zustand'
import { type GraphDocument, splitWire, wiresOf } from '../../graph/document.ts'
import type { Accept } from '../../graph/kit.ts'
import type { PortType } from '../../graph/types.ts'
import type { WireRef } from '../state/types.ts'
import type { CardData } from './model.ts'
import type { PortView } from './ports.ts'
import { fits } from './probe.ts'
import { kindOfAccept, type WireKind } from './wire-kind.ts'

/** A wire that is being drawn: where it is held, and what may take its free end. */
export interface Wiring {
  readonly node: string
  readonly port: string
  readonly side: 'in' | 'out'
  readonly kind: WireKind
  readonly type: PortType | undefined
  readonly accept: Accept | undefined
  /** The wire whose end was picked up, to be moved or let go. */
  readonly moving: WireRef | null
  /** Nodes that would make a cycle. */
  readonly behind: ReadonlySet<string>
}

export const useWiring = create<{ readonly wiring: Wiring | null }>(() => ({ wiring: null }))

export const startWiring = (wiring: Wiring): void => useWiring.setState({ wiring })
export const endWiring = (): void => useWiring.setState({ wiring: null })

/** The node and all that it reads (`up`), or all that reads it. */
export function connected(doc: GraphDocument, id: string, way: 'up' | 'down'): ReadonlySet<string> {
  const next = new Map<string, string[]>()
  for (const [reader, node] of Object.entries(doc.nodes))
    for (const wire of Object.values(node.in).flatMap(w => wiresOf(w))) {
      const producer = splitWire(wire).node
      const [from, to] = way === 'up' ? [reader, producer] : [producer, reader]
      next.set(from, [...(next.get(from) ?? []), to])
    }
  // A Set grows while it is walked.
  const found = new Set([id])
  for (const one of found) for (const other of next.get(one) ?? []) found.add(other)
  return found
}

let picked: WireRef | null = null

/** The drag that begins is of this wire's end; null: it is of a new wire. */
export const pickUpWire = (wire: WireRef | null): void => {
  picked = wire
}
export const pickedUp = (): WireRef | null => picked

export function beginWiring(
  doc: GraphDocument,
  card: CardData,
  port: PortView,
  moving: WireRef | null,
): Wiring {
  return {
    node: card.id,
    port: port.name,
    side: port.side,
    kind: port.kind,
    type: port.type,
    accept: port.accept,
    moving,
    behind: connected(doc, card.id, port.side === 'out' ? 'up' : 'down'),
  }
}

export type PortMood = 'calm' | 'held' | 'fits' | 'misfit'

/** Whether the free end fits a port; `calm` while nothing is being drawn. */
export function moodOf(wiring: Wiring | null, node: string, port: PortView): PortMood {
  if (!wiring) return 'calm'
  if (wiring.node === node && wiring.port === port.name && wiring.side === port.side) return 'held'
  if (wiring.side === port.side || wiring.behind.has(node)) return 'misfit'
  const accept = wiring.accept ?? port.accept
  if (!accept) return 'fits'
  const type = wiring.type ?? port.type
  if (type) return fits(accept, type) ? 'fits' : 'misfit'
  // Not checked yet: what the port is likely to carry tells.
  const kind = wiring.side === 'out' ? wiring.kind : port.kind
  const taken = kindOfAccept(accept)
  return kind === 'unknown' || taken === 'unknown' || kind === taken ? 'fits' : 'misfit'
}

export const cardMood = (wiring: Wiring | null, card: CardData): 'calm' | 'misfit' =>
  wiring &&
  wiring.node !== card.id &&
  ![...card.inputs, ...card.outputs].some(port => moodOf(wiring, card.id, port) === 'fits')
    ? 'misfit'
    : 'calm'
