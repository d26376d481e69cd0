import type { GraphCommand, Restore } from './commands.ts'
import type { GraphDocument } from './document.ts'
import { restoring } from './restore.ts'

/** Edits of one thing that follow each other within this time are one step of undo. */
const PAUSE_MS = 1_000
/** Older steps are forgotten. Documents share what they have in common, so a step is small. */
const LONGEST = 500

interface Step {
  readonly label: string
  readonly before: GraphDocument
  readonly after: GraphDocument
  /** What it edited, where a further edit of the same may join. */
  readonly key: string | null
  readonly at: number
  /** The nodes through which a person had entered subgraphs when they made it. */
  readonly scope: readonly string[]
}

export interface Move {
  readonly document: GraphDocument
  /** What the journal gets. */
  readonly command: Restore
  /** Where the edit was made. */
  readonly scope: readonly string[]
}

/** What was done and undone. `dirty` is false again when undo leads back to what was saved. */
export class History {
  private done: Step[] = []
  private undone: Step[] = []
  private saved: GraphDocument
  private current: GraphDocument

  constructor(document: GraphDocument) {
    this.saved = document
    this.current = document
  }

  get dirty(): boolean {
    return this.current !== this.saved
  }

  get undoLabel(): string | null {
    return this.done.at(-1)?.label ?? null
  }

  get redoLabel(): string | null {
    return this.undone.at(-1)?.label ?? null
  }

  /** A person's edit, at a time in milliseconds: forgets what was undone. */
  push(
    after: GraphDocument,
    label: string,
    at: number,
    key: string | null = null,
    scope: readonly string[] = [],
  ): void {
    if (after === this.current) return
    const last = this.done.at(-1)
    const joins =
      last !== undefined &&
      this.undone.length === 0 &&
      key !== null &&
      last.key === key &&
      at - last.at <= PAUSE_MS &&
      // What was saved stays reachable.
      this.current !== this.saved
    const before = joins ? last.before : this.current
    if (joins) this.done.pop()
    this.done.push({ label, before, after, key, at, scope })
    if (this.done.length > LONGEST) this.done.shift()
    this.undone = []
    this.current = after
  }

  undo(): Move | null {
    const step = this.done.pop()
    if (!step) return null
    this.undone.push(step)
    return this.go(step.before, step.scope)
  }

  redo(): Move | null {
    const step = this.undone.pop()
    if (!step) return null
    // A later edit is not joined to one that was done again.
    this.done.push({ ...step, key: null })
    return this.go(step.after, step.scope)
  }

  /** The document is on the disk as it is now. */
  markSaved(document: GraphDocument = this.current): void {
    this.saved = document
  }

  /** Nothing on the disk is like this document: a file that is gone, edits that were recovered. */
  markUnsaved(): void {
    this.saved = { ...this.saved }
  }

  private go(to: GraphDocument, scope: readonly string[]): Move {
    const command = restoring(this.current, to)
    this.current = to
    return { document: to, command, scope }
  }
}

/** What a command edits, where typing or dragging makes many of them. */
export function joinKey(c: GraphCommand): string | null {
  switch (c.type) {
    case 'setParam':
      return JSON.stringify([c.type, c.node, c.path])
    case 'setTitle':
      return JSON.stringify([c.type, c.node])
    case 'moveNodes':
      return JSON.stringify([c.type, Object.keys(c.to).sort()])
    case 'setMeta':
      return JSON.stringify([c.type, Object.keys(c.meta).sort()])
    case 'within': {
      const key = joinKey(c.command)
      return key === null ? null : JSON.stringify([c.type, c.def, key])
    }
    default:
      return null
  }
}
