import { create } from 'zustand'
import { type Layout, LIMITS, type Panel, readLayout } from './layout.ts'

const KEY = 'diptych.layout'

/** Sizes of the panels and which are open; the same again the next time. */
export const useLayout = create<Layout>(() => readLayout(localStorage.getItem(KEY)))

useLayout.subscribe(layout => localStorage.setItem(KEY, JSON.stringify(layout)))

export function resize(panel: Panel, size: number): void {
  useLayout.setState({ [panel]: { ...useLayout.getState()[panel], size } })
}

/** Makes the run panel as high as this where it is lower, but no higher than half the window. */
export function makeRoom(height: number): void {
  const size = Math.min(height, LIMITS.runs.max, Math.floor(innerHeight / 2))
  if (useLayout.getState().runs.size < size) resize('runs', size)
}

export function toggle(panel: Panel, open = !useLayout.getState()[panel].open): void {
  useLayout.setState({ [panel]: { ...useLayout.getState()[panel], open } })
}
