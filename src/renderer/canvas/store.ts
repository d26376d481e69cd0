import { documentStore } from '../state/index.ts'
import type { DocumentState } from '../state/types.ts'

export const docNow = (): DocumentState => documentStore.getState()
