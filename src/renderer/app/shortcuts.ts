export type ShortcutName =
  | 'run'
  | 'interrupt'
  | 'step'
  | 'stepMany'
  | 'back'
  | 'backMany'
  | 'undo'
  | 'redo'
  | 'selectAll'
  | 'save'
  | 'saveAs'
  | 'open'
  | 'help'

export interface Pressed {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly shiftKey: boolean
  readonly altKey: boolean
}

/** These help while a field has the focus too: they are no keys of editing. */
const ANYWHERE: ReadonlySet<ShortcutName> = new Set([
  ...(['run', 'interrupt', 'step', 'stepMany', 'back', 'backMany'] as const),
  ...(['save', 'saveAs', 'open'] as const),
])

/** What a key press means; undefined for what is not the window's. `mac`: the command key stands for Ctrl. */
export function shortcutOf(e: Pressed, typing: boolean, mac = false): ShortcutName | undefined {
  const name = nameOf(e, mac)
  return name && (!typing || ANYWHERE.has(name)) ? name : undefined
}

function nameOf(e: Pressed, mac: boolean): ShortcutName | undefined {
  const command = mac ? e.metaKey : e.ctrlKey
  const key = e.key.toLowerCase()
  if (key === '?' && !command && !e.altKey) return 'help'
  if (key === 'f9' || key === 'f10') {
    if (e.altKey || e.shiftKey) return undefined
    return key === 'f9' ? (command ? 'backMany' : 'back') : command ? 'stepMany' : 'step'
  }
  if (!command || (mac ? e.ctrlKey : e.metaKey)) return undefined
  if (key === 'enter') return e.altKey ? 'interrupt' : e.shiftKey ? undefined : 'run'
  if (e.altKey) return undefined
  if (key === 'z') return e.shiftKey ? 'redo' : 'undo'
  if (key === 's') return e.shiftKey ? 'saveAs' : 'save'
  if (e.shiftKey) return undefined
  if (key === 'y') return 'redo'
  // Wherever the focus is: no one wants the words of all buttons.
  if (key === 'a') return 'selectAll'
  if (key === 'o') return 'open'
  return undefined
}

/** `Ctrl+Shift+S`, or `⇧⌘S` on a Mac. */
export function showKeys(keys: string, mac: boolean): string {
  if (!mac) return keys
  const parts = keys.split('+')
  const last = parts.pop()!
  const signs: Record<string, string> = { Ctrl: '⌘', Shift: '⇧', Alt: '⌥' }
  const order = ['Alt', 'Shift', 'Ctrl'].filter(p => parts.includes(p))
  return order.map(p => signs[p]).join('') + (last === 'Enter' ? '↩' : last)
}
