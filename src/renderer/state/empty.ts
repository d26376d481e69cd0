import type { GraphDocument } from '../../graph/document.ts'

/** What "New" makes, and what the window holds before anything is open. */
export const EMPTY: GraphDocument = {
  format: 'diptych-graph',
  version: 1,
  meta: { title: 'Untitled graph', seed: 0 },
  nodes: {},
  defs: {},
  view: {},
  lock: {},
}
