/** What the person edits: the text of a note and its title. */
export interface Written {
  readonly text: string
  readonly title: string
}

interface Made {
  readonly at: number
  readonly written: Written
}

/** Edits that a kill took, and how far apart the first and the last of them were made. */
export interface Lost {
  readonly edits: number
  readonly ms: number
}

/** So many edits are told of after a failure. */
const TOLD = 30

const isSame = (a: Written, b: Written): boolean => a.text === b.text && a.title === b.title

/** All that was written, keystroke by keystroke, and when: what comes back is held against it. */
export class Edits {
  private made: Made[]
  private readonly ever: Written[]
  /** An edit is being taken back, and what that leads to was not seen yet. */
  private undoing = false

  constructor(first: Written) {
    this.made = [{ at: 0, written: first }]
    this.ever = [first]
  }

  get first(): Written {
    return this.ever[0]!
  }

  get last(): Written {
    return this.made.at(-1)!.written
  }

  /** From now until the next edit, anything that was ever written may be what is there. */
  undo(): void {
    this.undoing = true
  }

  add(at: number, change: Partial<Written>): void {
    const written = { ...this.last, ...change }
    // After an undo the window may still show what it takes back in the next moment.
    if (isSame(written, this.last)) return
    this.undoing = false
    this.made.push({ at, written })
    this.ever.push(written)
  }

  /** The window shows this: what came after it was never taken by it, as keys that found no field. */
  shown(written: Written): void {
    const at = this.made.findLastIndex(made => isSame(made.written, written))
    if (at >= 0) this.made.length = at + 1
    else if (this.undoing && this.had(written)) this.add(Date.now(), written)
    else throw new Error(`the window shows what was never written: ${this.against(written)}`)
  }

  /** This has come back. What was written after it is lost; from now on it is where the person goes on. */
  recovered(written: Written): Lost {
    if (this.undoing && this.had(written)) this.add(Date.now(), written)
    this.undoing = false
    const at = this.made.findLastIndex(made => isSame(made.written, written))
    if (at < 0) throw new Error(`what has come back was never written: ${this.against(written)}`)
    const lost = this.made.slice(at + 1)
    this.made = [{ at: 0, written }]
    return { edits: lost.length, ms: lost.length === 0 ? 0 : lost.at(-1)!.at - lost[0]!.at }
  }

  /** For a failure: this, and how what was written last came about. */
  against(written: Written): string {
    const since = this.made.slice(-TOLD).map(({ at, written }) => `\n  ${at}: ${JSON.stringify(written)}`)
    return `${JSON.stringify(written)}; written last was${since.join('')}`
  }

  /** True where this was written at some time. */
  had(written: Written): boolean {
    return this.ever.some(one => isSame(one, written))
  }
}
