import { create } from 'zustand'
import { type Layout, type Panel, readLayout } from './layout.ts'

const KEY = 'diptych.layout'

/** Sizes of the panels and which are open; the same again the next time. */
export const useLayout = create<Layout>(() => readLayout(localStorage.getItem(KEY)))

useLayout.subscribe(layout => localStorage.setItem(KEY, JSON.stringify(layout)))

export function resize(panel: Panel, size: number): void {
  useLayout.setState({ [panel]: { ...useLayout.getState()[panel], size } })
}

export function toggle(panel: Panel, open = !useLayout.getState()[panel].open): void {
  useLayout.setState({ [panel]: { ...useLayout.getState()[panel], open } })
}
