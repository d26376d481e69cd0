/** What was held when so many events had come, in bytes. */
export interface Sample {
  readonly events: number
  /** Measured, after a collection. */
  readonly bytes: number
  /** Of these, the data: what must be there for so many events. */
  readonly data: number
}

/**
 * Bytes by which memory grows with each event beyond its data: the median of the slopes between all pairs of
 * samples (Theil and Sen), which a few odd samples don't move.
 */
export function growthPerEvent(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((a, i) =>
    samples.slice(i + 1).map(b => (b.bytes - b.data - (a.bytes - a.data)) / (b.events - a.events)),
  )
  slopes.sort((a, b) => a - b)
  return slopes[slopes.length >> 1]!
}

/** A series begins with this many places, and doubles. */
const FIRST = 256

/**
 * The most that the arrays of a page may hold of a run: for each metric, and for the loss again on its node's card,
 * the steps, the values and what is made of them to draw a smooth line, in places that double.
 */
export function mostArrayBytes(steps: number, metrics: number): number {
  const places = FIRST * 2 ** Math.max(0, Math.ceil(Math.log2(steps / FIRST)))
  return (metrics + 1) * places * 4 * 8
}

/** Lines that a host keeps at hand: it lets half of them go when there are twice as many. */
const RECENT = 4096
/** A line's head, and its place in the list. */
const LINE = 28

/** The newest lines of a run's log, as the host holds them. */
export function logBytes(events: readonly object[]): number {
  const over = events.length - 2 * RECENT
  const held = over <= 0 ? events.length : RECENT + (over % RECENT)
  return events.slice(events.length - held).reduce((sum, e) => sum + JSON.stringify(e).length + LINE, 0)
}
