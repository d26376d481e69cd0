import type { Watched, WatchNotice, WatchSpec } from '../protocol/watch.ts'

interface Seen {
  readonly watched: Watched
  readonly bytes: Uint8Array
}

/** What a run is watched by, and what was seen last. In memory only: the values are of one moment. */
export class RunWatches {
  specs: readonly WatchSpec[] = []
  private readonly seen = new Map<string, Seen>()

  /** Values of watches that are no longer there are let go. */
  set(specs: readonly WatchSpec[]): void {
    this.specs = specs
    const ids = new Set(specs.map(s => s.id))
    for (const [key, { watched }] of this.seen) if (!ids.has(watched.id)) this.seen.delete(key)
  }

  take(watched: Watched, bytes: Uint8Array): void {
    // What was on its way when the watch was taken back is not wanted any more.
    if (this.specs.some(s => s.id === watched.id))
      this.seen.set(keyOf(watched.id, watched.train), { watched, bytes })
  }

  read(watch: string, train: string): Seen | undefined {
    return this.seen.get(keyOf(watch, train))
  }

  get notices(): readonly WatchNotice[] {
    return [...this.seen.values()].map(({ watched: { id, train, step } }) => ({ watch: id, train, step }))
  }
}

const keyOf = (watch: string, train: string): string => JSON.stringify([watch, train])
