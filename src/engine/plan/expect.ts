import type { Wire } from '../../graph/document.ts'
import { type ByNode, type KeyParts, ownKey, reasonFor } from '../reasons.ts'

/** What is not known of a wire before the run: it depends on what nodes will make that have not made it yet. */
export interface Pending {
  /** Nodes that run before and decide it. */
  readonly by: readonly string[]
  /** Whether they make again what they made in the run before, having the same keys. */
  readonly same: boolean
}

/** One part of a key: known, or pending. `doubts`: nodes on whose results it rests that it is known. */
export type Part =
  | { readonly value: string | number; readonly doubts?: readonly string[] }
  | { readonly pending: Pending }

/** What can be told of a node's key before the run. */
export interface Expected {
  /** With what is pending as it was in the run before, where that is to be expected; else without it. */
  readonly key: KeyParts
  /** Whether every part is there. */
  readonly whole: boolean
  readonly why: string
  /** Nodes whose results could prove it wrong. */
  readonly doubts: readonly string[]
  /** The key of the run before: the node would make the same again. */
  readonly same: boolean
}

/** Which wires are pending, and which are known only as long as some nodes make what they made before. */
export class Outlook {
  private readonly pending = new Map<Wire, Pending>()
  private readonly doubted = new Map<Wire, readonly string[]>()
  private readonly before: ByNode | undefined

  constructor(before: ByNode | undefined) {
    this.before = before
  }

  /** The node's key in the run before. */
  keyBefore(node: string): KeyParts | undefined {
    return ownKey(this.before, node)
  }

  setPending(wire: Wire, pending: Pending): void {
    this.pending.set(wire, pending)
  }

  setDoubts(wire: Wire, doubts: readonly string[]): void {
    if (doubts.length > 0) this.doubted.set(wire, doubts)
  }

  isPending(wire: Wire): boolean {
    return this.pending.has(wire)
  }

  /** A part of a key that is made from what these wires carry. */
  part(wires: readonly Wire[], value: () => string | number): Part {
    const found = wires.flatMap(w => this.pending.get(w) ?? [])
    const doubts = wires.flatMap(w => this.doubted.get(w) ?? [])
    if (found.length === 0) return { value: value(), doubts }
    const by = [...new Set([...found.flatMap(p => p.by), ...doubts])]
    return { pending: { by, same: found.every(p => p.same) } }
  }

  /** The key of a node as far as it can be told, and why the node would run. */
  expect(
    node: string,
    parts: Readonly<Record<string, Part>>,
    fresh: boolean,
    words?: Readonly<Record<string, string>>,
  ): Expected {
    const before = this.keyBefore(node)
    const key: Record<string, string | number> = {}
    const doubts = new Set<string>()
    for (const [name, part] of Object.entries(parts)) {
      const known = 'value' in part ? part.value : part.pending.same ? before?.[name] : undefined
      for (const id of 'value' in part ? (part.doubts ?? []) : part.pending.by) doubts.add(id)
      if (known !== undefined) key[name] = known
    }
    const names = Object.keys(parts)
    const whole = names.length === Object.keys(key).length
    const isChanged = before !== undefined && Object.keys(key).some(name => key[name] !== before[name])
    // What is sure to have changed; only where nothing is, what may have.
    const told = isChanged ? key : Object.fromEntries(names.map(name => [name, key[name] ?? PENDING]))
    const why = reasonFor(before, told, fresh, words)
    return { key, whole, why, doubts: [...doubts], same: before !== undefined && whole && !isChanged }
  }
}

/** Stands for a part that is not known yet; no part of a key ever is this. */
const PENDING = '…'
