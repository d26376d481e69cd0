import { documentStore } from '../state/index.ts'
import { shownOf } from '../state/scope.ts'
import type { DocumentState } from '../state/types.ts'

/** The document as the canvas shows it, now. */
export const docNow = (): DocumentState => shownOf(documentStore.getState())
