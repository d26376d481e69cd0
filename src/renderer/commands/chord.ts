export interface Pressed {
  readonly key: string
  readonly code?: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly shiftKey: boolean
  readonly altKey: boolean
}

/** Signs that a keyboard makes with Shift on some layouts and without on others: Shift is not named with them. */
const SIGN = /^[^\p{L}\p{N}\s]$/u
const MODIFIERS = new Set(['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Dead', 'Process'])

/**
 * `Ctrl+Shift+E` for a key press; undefined for a modifier alone. On a Mac the command key stands for Ctrl, and Ctrl
 * is nobody's; elsewhere the command key is.
 */
export function chordOf(e: Pressed, mac = false): string | undefined {
  if (MODIFIERS.has(e.key)) return undefined
  if (mac ? e.ctrlKey : e.metaKey) return undefined
  // With Option a Mac types another letter, and so does a keyboard of another alphabet: the key's place counts.
  const foreign = e.altKey || /^[^\p{ASCII}]$/u.test(e.key)
  const letter = foreign && /^Key[A-Z]$/.test(e.code ?? '') ? e.code!.slice(3) : e.key
  const key = letter === ' ' ? 'Space' : letter.length === 1 ? letter.toUpperCase() : letter
  const parts = [
    (mac ? e.metaKey : e.ctrlKey) && 'Ctrl',
    e.altKey && 'Alt',
    e.shiftKey && !SIGN.test(key) && 'Shift',
    key,
  ]
  return parts.filter(Boolean).join('+')
}

const ARROWS: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
}

/** `Ctrl+Shift+S`, or `⇧⌘S` on a Mac. */
export function showKeys(keys: string, mac: boolean): string {
  const parts = keys === '+' ? ['+'] : keys.split('+')
  const last = parts.pop()!
  const key = ARROWS[last] ?? last
  if (!mac) return [...parts, key].join('+')
  const signs: Record<string, string> = { Ctrl: '⌘', Shift: '⇧', Alt: '⌥' }
  const order = ['Alt', 'Shift', 'Ctrl'].filter(p => parts.includes(p))
  return order.map(p => signs[p]).join('') + (key === 'Enter' ? '↩' : key)
}

export const onMac = (): boolean => /mac/i.test(navigator.platform)
