/** How far a long job has come, in its own units (rows, texts, merges). */
export interface Progress {
  readonly done: number
  readonly total: number
}

/** What every long function of the data layer takes. An abort rejects with the signal's own reason. */
export interface JobOptions {
  readonly signal?: AbortSignal
  readonly progress?: (progress: Progress) => void
}

/** Pictures in work at once: as many as libuv has threads by default. More would only hold memory. */
export const decodeLanes = 4

/**
 * Runs `work` over the items, at most `lanes` at once, and returns the results in the items' order.
 * The first failure stops the start of further items and is thrown once the running ones have ended.
 */
export async function mapLanes<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T, index: number) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  let failed = false
  const lane = async () => {
    while (next < items.length && !failed) {
      const index = next++
      try {
        signal?.throwIfAborted()
        results[index] = await work(items[index]!, index)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(lanes, items.length) }, lane))
  const fault = ends.find(end => end.status === 'rejected')
  if (fault) throw fault.reason
  return results
}

/** Lets timers, signals and other requests have their turn inside a long synchronous loop. */
export function breathe(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
