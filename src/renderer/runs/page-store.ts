import { create } from 'zustand'

export type RunPage = 'charts' | 'reports' | 'watch' | 'log' | 'runs'

/** Which page of the run panel is shown; other parts of the window may turn to one. */
export const useRunPage = create<{ readonly page: RunPage }>(() => ({ page: 'charts' }))

export const showPage = (page: RunPage): void => useRunPage.setState({ page })
