import { useEffect } from 'react'
import { canvasNow } from '../canvas/ui-store.ts'
import { sessionStore } from '../state/index.ts'
import { chordOf, onMac } from './chord.ts'
import { commandAt } from './keymap.ts'
import { COMMANDS } from './list.ts'

const EDITABLE =
  'input:not([type="checkbox"], [type="radio"], [type="button"]), textarea, select, [contenteditable=""], [contenteditable="true"], [role="textbox"]'

/** What moves and closes by keys of its own. */
const OWN_KEYS =
  '[role="menu"], [role="dialog"], [role="tablist"], [role="radiogroup"], [role="listbox"], [role="grid"]'

const isTyping = (): boolean => document.activeElement?.matches(EDITABLE) ?? false

const isDialogOpen = (): boolean => document.querySelector('dialog[open]') !== null

/** Keys of the canvas rest while something else has the focus that has a use for them: an input, a menu. */
export function isCanvasFocused(): boolean {
  const at = document.activeElement
  if (isDialogOpen() || isTyping()) return false
  if (!at || at === document.body || canvasNow()?.frame.contains(at)) return true
  // A button that was pressed keeps the focus; by itself it hears Enter and the space bar only.
  return at.matches('button') && !at.closest(OWN_KEYS)
}

/** On a button these press it; elsewhere on the canvas they may mean a command. */
const isForControl = (event: KeyboardEvent): boolean =>
  (event.key === 'Enter' || event.key === ' ') &&
  !event.ctrlKey &&
  !event.metaKey &&
  event.target instanceof HTMLElement &&
  event.target.matches('button, a, [role="button"], [role^="menuitem"], summary')

/** The window's keys. They rest while a dialog is open, and those of editing while a field has the focus. */
export function useCommands(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isForControl(event)) return
      const chord = chordOf(event, onMac())
      if (chord === undefined) return
      const typing = isTyping()
      // A key by itself may mean something to a button or a list that has the focus; with Ctrl or Alt it doesn't.
      const place = { canvas: isCanvasFocused() || /^(Ctrl|Alt)\+/.test(chord), typing }
      const found = commandAt(chord, COMMANDS, sessionStore.getState().settings.keys, place)
      if (!found) return
      event.preventDefault()
      // A dialog hears its keys itself.
      if (isDialogOpen()) return
      // React Flow would move and choose nodes in ways of its own.
      event.stopPropagation()
      if (event.repeat && !found.repeats) return
      // A value that is being typed counts: leaving its field takes it over.
      if (typing && document.activeElement instanceof HTMLElement) {
        const field = document.activeElement
        field.blur()
        field.focus()
      }
      found.run()
    }
    addEventListener('keydown', onKeyDown, true)
    return () => removeEventListener('keydown', onKeyDown, true)
  }, [])
}
