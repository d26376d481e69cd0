import type { GraphDocument } from '../../graph/document.ts'
import type { CardData } from './model.ts'
import { beginWiring, moodOf } from './wiring.ts'

/** A wire that could be made. */
export interface Link {
  readonly from: string
  readonly node: string
  readonly port: string
  readonly text: string
}

/**
 * What fits the node's inputs, then what its outputs fit: for wiring without a mouse. Inputs that have a wire come last,
 * with the wire that would go.
 */
export function linksOf(doc: GraphDocument, card: CardData, cards: readonly CardData[]): readonly Link[] {
  const links: Link[] = []
  const replacing: Link[] = []
  for (const port of [...card.inputs, ...card.outputs]) {
    const wiring = beginWiring(doc, card, port, null)
    for (const other of cards)
      for (const end of port.side === 'out' ? other.inputs : other.outputs) {
        if (moodOf(wiring, other.id, end) !== 'fits') continue
        const [output, input] = port.side === 'out' ? [port, end] : [end, port]
        const [producer, reader] = port.side === 'out' ? [card, other] : [other, card]
        const from = `${producer.id}.${output.name}`
        if (input.wires.includes(from)) continue
        const arrow = port.side === 'out' ? '→' : '←'
        const text = `${port.name} ${arrow} ${other.title} (${other.id}) ${end.name}`
        const link = { from, node: reader.id, port: input.name, text }
        const [gone] = input.list ? [] : input.wires
        if (gone === undefined) links.push(link)
        else replacing.push({ ...link, text: `${text}, in place of ${gone}` })
      }
  }
  return [...links, ...replacing]
}
