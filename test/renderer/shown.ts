import type { RunsState, RunView } from '../../src/renderer/state/types.ts'

/** The run that the window shows; there must be one. */
export const shownOf = (state: RunsState): RunView => state.views.get(state.shown!)!
