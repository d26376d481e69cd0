import type { Watched, WatchSpec } from '../../protocol/watch.ts'

/** Answers on their way to the host, at most. */
const UNTAKEN = 8

/** What a run is watched by, and where the answers go. Only training looks at it, at its own times. */
export class WatchBoard {
  private specs: readonly WatchSpec[]
  private readonly post: (watched: Watched, bytes: Uint8Array) => void | Promise<void>
  private waiting: (() => void)[] = []
  private crowded: (() => void)[] = []
  private untaken = 0
  /** Counts the changes. */
  version = 0

  constructor(
    post: (watched: Watched, bytes: Uint8Array) => void | Promise<void>,
    specs: readonly WatchSpec[] = [],
  ) {
    this.post = post
    this.specs = specs
  }

  get all(): readonly WatchSpec[] {
    return this.specs
  }

  set(specs: readonly WatchSpec[]): void {
    this.specs = specs
    this.version++
    for (const wake of this.waiting.splice(0)) wake()
  }

  /** Resolves at the next change after the one of this number. */
  changed(version: number): Promise<void> {
    if (version !== this.version) return Promise.resolve()
    return new Promise(resolve => this.waiting.push(resolve))
  }

  /** A host that lags gets no more than it takes. */
  get hasRoom(): boolean {
    return this.untaken < UNTAKEN
  }

  async room(): Promise<void> {
    while (!this.hasRoom) await new Promise<void>(resolve => this.crowded.push(resolve))
  }

  send(watched: Watched, bytes: Uint8Array): void {
    this.untaken++
    const taken = () => {
      this.untaken--
      for (const wake of this.crowded.splice(0)) wake()
    }
    Promise.resolve(this.post(watched, bytes)).then(taken, taken)
  }
}
