import type { Diagnostic } from './diagnostic.ts'
import { type NodeJson, splitWire, wiresOf } from './document.ts'

export interface Ordered {
  /** Every node after the nodes it reads, otherwise by id; a cycle is cut at the wire that is reported. */
  readonly order: readonly string[]
  readonly cycles: readonly Diagnostic[]
}

/** A node being visited: its producers, and how many of them have been. */
interface Frame {
  readonly id: string
  readonly from: readonly { readonly node: string; readonly port: string }[]
  next: number
}

/** Depth first over the wires, without recursion: a chain may be longer than the stack. */
export function orderNodes(nodes: ReadonlyMap<string, NodeJson>): Ordered {
  const order: string[] = []
  const cycles: Diagnostic[] = []
  const done = new Set<string>()
  const open = new Set<string>()
  const frames: Frame[] = []
  const enter = (id: string): void => {
    open.add(id)
    const from = Object.entries(nodes.get(id)!.in).flatMap(([port, w]) =>
      wiresOf(w).map(one => ({ node: splitWire(one).node, port })),
    )
    frames.push({ id, from, next: 0 })
  }
  for (const root of [...nodes.keys()].sort()) {
    if (!done.has(root)) enter(root)
    for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
      const source = frame.from[frame.next++]
      if (!source) {
        frames.pop()
        open.delete(frame.id)
        done.add(frame.id)
        order.push(frame.id)
      } else if (open.has(source.node)) cycles.push(cycle(frames, source.node, frame.id, source.port))
      else if (nodes.has(source.node) && !done.has(source.node)) enter(source.node)
    }
  }
  return { order, cycles }
}

/** The path in the direction of the wires: each node feeds the next. */
function cycle(frames: readonly Frame[], from: string, node: string, port: string): Diagnostic {
  const loop = frames.slice(frames.findIndex(f => f.id === from)).map(f => f.id)
  const path = [from, ...loop.reverse()]
  const shown = path.length > 12 ? [...path.slice(0, 6), '…', ...path.slice(-5)] : path
  return {
    code: 'DT040',
    severity: 'error',
    node,
    port,
    message: `a cycle: ${shown.join(' → ')}`,
    hint: 'Remove one of these wires.',
  }
}
