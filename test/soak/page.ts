import type { CDPSession, Locator } from '@playwright/test'

/** Bytes that a page holds after a collection: its objects, and the arrays of numbers beside them. */
export async function pageMemory(
  session: CDPSession,
): Promise<{ readonly objects: number; readonly arrays: number }> {
  // What one collection finds free may be what another object waited for.
  for (let i = 0; i < 2; i++) await session.send('HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize = 0 } = (await session.send('Runtime.getHeapUsage')) as {
    readonly usedSize: number
    readonly backingStorageSize?: number
  }
  return { objects: usedSize, arrays: backingStorageSize }
}

/** A chart's points. */
export interface Points {
  readonly steps: readonly number[]
  readonly values: readonly number[]
}

interface Fiber {
  readonly return: Fiber | null
  readonly memoizedProps: { readonly source?: { read?(): Held | undefined } } | null
}
interface Held {
  readonly steps: Float64Array
  readonly values: Float64Array
  readonly length: number
}

/** What a chart draws from: its component's source, which React's own marks on the page lead to. */
export const pointsOf = (chart: Locator): Promise<Points> =>
  chart.evaluate(element => {
    for (const inner of [...element.querySelectorAll('*')].reverse().concat(element)) {
      const key = Object.keys(inner).find(name => name.startsWith('__reactFiber$'))
      let fiber = key === undefined ? null : (inner as unknown as Record<string, Fiber | null>)[key]!
      for (; fiber; fiber = fiber.return) {
        const held = fiber.memoizedProps?.source?.read?.()
        if (!held) continue
        const { steps, values, length } = held
        return { steps: [...steps.subarray(0, length)], values: [...values.subarray(0, length)] }
      }
    }
    throw new Error('this is no chart')
  })
