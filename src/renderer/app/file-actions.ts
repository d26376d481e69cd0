import { documentActions, documentStore } from '../state/index.ts'
import { openDialog } from './dialog-store.ts'

/** Does something that drops the document, after asking where edits would be lost. */
function leave(next: () => void): void {
  if (documentStore.getState().dirty) openDialog({ kind: 'unsaved', next })
  else next()
}

export const newDocument = (): void => leave(() => void documentActions.create())

export const showOpen = (): void => openDialog({ kind: 'open' })

export const openFile = (path: string): void => leave(() => void documentActions.open(path))

export const showSaveAs = (): void => openDialog({ kind: 'save' })

/** True when it is on the disk; a document without a file gets the dialog, and then it is not yet. */
export async function save(): Promise<boolean> {
  if (documentStore.getState().path !== null) return documentActions.save()
  showSaveAs()
  return false
}
