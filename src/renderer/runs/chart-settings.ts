import { create } from 'zustand'

const STORED = 'diptych.charts'

interface ChartSettings {
  /** 0–1, TensorBoard's. */
  readonly smoothing: number
  readonly logLoss: boolean
  setSmoothing(smoothing: number): void
  setLogLoss(logLoss: boolean): void
}

/** How a person likes their charts, kept for the next time. */
export const useChartSettings = create<ChartSettings>(set => ({
  smoothing: 0.6,
  logLoss: false,
  ...stored(),
  setSmoothing: smoothing => set({ smoothing }),
  setLogLoss: logLoss => set({ logLoss }),
}))

useChartSettings.subscribe(({ smoothing, logLoss }) => {
  try {
    localStorage.setItem(STORED, JSON.stringify({ smoothing, logLoss }))
  } catch {
    // A window without storage forgets them, and that is all.
  }
})

function stored(): { smoothing?: number; logLoss?: boolean } {
  try {
    const { smoothing, logLoss } = JSON.parse(localStorage.getItem(STORED) ?? '{}')
    return {
      ...(typeof smoothing === 'number' && smoothing >= 0 && smoothing < 1 ? { smoothing } : {}),
      ...(typeof logLoss === 'boolean' ? { logLoss } : {}),
    }
  } catch {
    return {}
  }
}
