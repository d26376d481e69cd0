import { create } from 'zustand'
import { toggle } from '../app/layout-store.ts'

export type Page = 'charts' | 'live' | 'weights' | 'reports' | 'watch' | 'plan' | 'log' | 'runs'

/** Which page of the run panel is shown; other parts of the window may turn to one. */
export const useRunPage = create<{ readonly page: Page }>(() => ({ page: 'charts' }))

/** Opens it, and puts the focus there. */
export function showRunPage(page: Page): void {
  toggle('runs', true)
  useRunPage.setState({ page })
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`[role="tab"][id$="-tab-${page}"]`)?.focus(),
  )
}
