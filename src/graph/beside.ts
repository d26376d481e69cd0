import { splitWire, type Wire } from './document.ts'

/** A wire as a node of the same graph or subgraph names it; undefined for one that leads elsewhere. */
export function beside(node: string, wire: Wire): Wire | undefined {
  const prefix = node.slice(0, node.lastIndexOf('/') + 1)
  const here = wire.startsWith(prefix) ? wire.slice(prefix.length) : undefined
  return here === undefined || splitWire(here).node.includes('/') ? undefined : here
}
