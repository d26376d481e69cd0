import { create } from 'zustand'

export type OpenDialog =
  | { readonly kind: 'open' }
  | { readonly kind: 'save' }
  | { readonly kind: 'bundle'; readonly run: string }
  /** There are unsaved edits; `next` would drop them. */
  | { readonly kind: 'unsaved'; readonly next: () => void }
  | { readonly kind: 'shortcuts' }

interface Dialogs {
  readonly dialog: OpenDialog | null
}

/** The one dialog that is open. */
export const useDialogs = create<Dialogs>(() => ({ dialog: null }))

export const openDialog = (dialog: OpenDialog): void => useDialogs.setState({ dialog })
export const closeDialog = (): void => useDialogs.setState({ dialog: null })
