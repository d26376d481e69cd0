import { useEffect } from 'react'
import { stepCount } from '../runs/step-count.ts'
import { documentStore } from '../state/index.ts'
import { openDialog, useDialogs } from './dialog-store.ts'
import { save, showOpen, showSaveAs } from './file-actions.ts'
import { interrupt, move, runGraph } from './run-actions.ts'
import { type ShortcutName, shortcutOf } from './shortcuts.ts'

export const onMac = (): boolean => /mac/i.test(navigator.platform)

const DO: Record<ShortcutName, () => void> = {
  run: () => void runGraph(),
  interrupt: () => void interrupt(),
  step: () => void move('step', 1),
  stepMany: () => void move('step', stepCount()),
  back: () => void move('back', 1),
  backMany: () => void move('back', stepCount()),
  undo: () => documentStore.getState().undo(),
  redo: () => documentStore.getState().redo(),
  selectAll: () => {
    const { document, select } = documentStore.getState()
    select({ nodes: Object.keys(document.nodes), wire: null })
  },
  save: () => void save(),
  saveAs: showSaveAs,
  open: showOpen,
  help: () => openDialog({ kind: 'shortcuts' }),
}

/** Held down, they are done again and again. */
const REPEATS: ReadonlySet<ShortcutName> = new Set(['undo', 'redo', 'step', 'back'])

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))

/** The window's keys. They rest while a dialog is open, and those of editing while a field has the focus. */
export function useShortcuts(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return
      const typing = isTyping(event.target)
      const name = shortcutOf(event, typing, onMac())
      if (!name) return
      event.preventDefault()
      if (event.repeat && !REPEATS.has(name)) return
      if (useDialogs.getState().dialog) return
      // A value that is being typed counts: leaving its field takes it over.
      if (typing) {
        const field = event.target as HTMLElement
        field.blur()
        field.focus()
      }
      DO[name]()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [])
}
