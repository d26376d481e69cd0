import { create } from 'zustand'

interface StepCount {
  readonly count: number
  setCount(count: number): void
}

/** How many steps "several" are. */
export const useStepCount = create<StepCount>(set => ({
  count: 10,
  setCount: count => set({ count: Math.min(1e6, Math.max(1, Math.floor(count) || 1)) }),
}))

export const stepCount = (): number => useStepCount.getState().count
