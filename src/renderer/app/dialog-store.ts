import { create } from 'zustand'

export type OpenDialog =
  | { readonly kind: 'open' }
  | { readonly kind: 'save' }
  /** Writes a subgraph as a file. */
  | { readonly kind: 'share'; readonly def: string }
  /** Takes a subgraph from a file. */
  | { readonly kind: 'import' }
  /** Makes a subgraph what its file says now. */
  | { readonly kind: 'update'; readonly def: string }
  | { readonly kind: 'bundle'; readonly run: string }
  /** Begins another run with a step of this one. */
  | { readonly kind: 'fork'; readonly run: string }
  /** Gives a run another name. */
  | { readonly kind: 'rename-run'; readonly run: string }
  | { readonly kind: 'delete-run'; readonly run: string }
  /** There are unsaved edits; `next` would drop them. */
  | { readonly kind: 'unsaved'; readonly next: () => void }
  | { readonly kind: 'settings' }
  | { readonly kind: 'shortcuts' }

interface Dialogs {
  readonly dialog: OpenDialog | null
}

/** The one dialog that is open. */
export const useDialogs = create<Dialogs>(() => ({ dialog: null }))

export const openDialog = (dialog: OpenDialog): void => useDialogs.setState({ dialog })
export const closeDialog = (): void => useDialogs.setState({ dialog: null })
