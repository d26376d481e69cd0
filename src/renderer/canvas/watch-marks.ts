import { defOf, splitWire, type WatchJson, type Wire } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { INPUTS } from '../../graph/subgraph/boundary.ts'
import { headOf } from '../../graph/subgraph/rename.ts'
import { watchName } from '../../graph/watches.ts'
import { shownOf } from '../state/scope.ts'
import { equal } from '../state/stable.ts'
import type { DocumentState } from '../state/types.ts'
import { flatWire } from './wire-types.ts'

/** Watches that are seen at one place of a card: at this output, or, for '', somewhere inside of a subgraph. */
export interface WatchMark {
  readonly port: string
  readonly names: readonly string[]
}

/** By card; those of unwatched nodes are not there. */
export type WatchMarks = Readonly<Record<string, readonly WatchMark[]>>

const NONE: WatchMarks = {}

/** Where the watches of a document are seen, in the graph or the subgraph that the canvas shows. */
export function watchMarks(state: DocumentState): WatchMarks {
  const found = new Map<string, Map<string, string[]>>()
  for (const watch of state.document.watches ?? [])
    for (const [card, port] of placesOf(state, watch)) {
      const ports = found.get(card) ?? new Map<string, string[]>()
      // The wire itself comes before what is inside of its node.
      const names = ports.get(port) ?? []
      if (watch.inner === undefined) names.unshift(watchName(watch))
      else names.push(watchName(watch))
      found.set(card, ports.set(port, names))
    }
  if (found.size === 0) return NONE
  return Object.fromEntries(
    [...found].map(([card, ports]) => [card, [...ports].map(([port, names]) => ({ port, names }))]),
  )
}

/** The outputs of cards that carry what is watched. */
function placesOf(
  state: DocumentState,
  { wire, inner }: WatchJson,
): (readonly [card: string, port: string])[] {
  const { document, scope, checked } = state
  const { nodes } = shownOf(state).document
  const carries = (shown: Wire) => flatWire(document, checked.types, scope, shown) === wire
  const { node, port } = splitWire(wire)
  const prefix = scope.map(id => `${id}/`).join('')
  if (!node.startsWith(prefix)) {
    const inputs = (own(nodes, INPUTS)?.params.ports ?? []) as readonly string[]
    const reads = inputs.filter(name => inner === undefined && carries(`${INPUTS}.${name}`))
    return reads.map(name => [INPUTS, name])
  }
  const [card, inside] = headOf(node.slice(prefix.length))
  if (inside === '') return [[card, port]]
  const def = own(document.defs, defOf(own(nodes, card)?.type ?? '') ?? '')
  const outputs = Object.keys(def?.out ?? {}).filter(
    name => inner === undefined && carries(`${card}.${name}`),
  )
  return outputs.length > 0 ? outputs.map(name => [card, name]) : [[card, '']]
}

/** The marks of a document as it changes: the same object for as long as they say the same. */
export function followMarks(): (state: DocumentState) => WatchMarks {
  let last = NONE
  let of: readonly unknown[] = []
  return state => {
    const { document, scope, checked } = state
    if (!document.watches) return NONE
    const now = [document, scope, checked]
    if (now.some((part, i) => part !== of[i])) {
      const marks = watchMarks(state)
      if (!equal(last, marks)) last = marks
      of = now
    }
    return last
  }
}
