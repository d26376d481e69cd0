import { type RefObject, useEffect } from 'react'
import { watchSelected } from '../runs/watch/watch-actions.ts'
import {
  copySelected,
  duplicateSelected,
  fitAll,
  GRID,
  moveNodes,
  openSearch,
  paste,
  placeOf,
  removeSelected,
} from './actions.ts'
import type { Point } from './layout.ts'
import { docNow } from './store.ts'
import { useCanvasUi } from './ui-store.ts'

const EDITABLE = 'input, textarea, select, [contenteditable=""], [contenteditable="true"], [role="textbox"]'

/** Shortcuts rest while something else has the focus: an input, a dialog, a panel. */
function isCanvasFocused(frame: HTMLElement): boolean {
  const at = document.activeElement
  if (document.querySelector('[role="dialog"][aria-modal="true"], dialog[open]')) return false
  if (!at || at === document.body) return true
  return frame.contains(at) && !at.matches(EDITABLE)
}

const isTyping = (): boolean => document.activeElement?.matches(EDITABLE) ?? false

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

function nudge([dx, dy]: Point, far: boolean): void {
  const { selection } = docNow()
  const step = far ? 5 * GRID : GRID
  const to = selection.nodes.map((id): [string, Point] => {
    const [x, y] = placeOf(id)
    return [id, [x + dx * step, y + dy * step]]
  })
  moveNodes(Object.fromEntries(to))
}

/** True when the key was the canvas's. */
function onKey(event: KeyboardEvent): boolean {
  const { selection, document, select } = docNow()
  const command = event.ctrlKey || event.metaKey
  const key = event.key.toLowerCase()
  if (command && key === 'd' && !event.shiftKey) duplicateSelected()
  else if (command && key === 'a') select({ nodes: Object.keys(document.nodes), wire: null })
  else if (command || event.altKey) return false
  else if (event.key === 'Delete' || event.key === 'Backspace') removeSelected()
  else if (event.key === '.') fitAll()
  else if (event.key === 'Escape') select({ nodes: [], wire: null })
  else if (key === 'c' && selection.nodes.length === 1)
    useCanvasUi.setState({ search: null, connecting: selection.nodes[0]! })
  else if (key === 'w') watchSelected()
  else if (ARROWS[event.key] && selection.nodes.length) nudge(ARROWS[event.key]!, event.shiftKey)
  else return false
  return true
}

/** The canvas's shortcuts and its clipboard. */
export function useKeys(frame: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const keydown = (event: KeyboardEvent) => {
      const here = frame.current
      if (!here || event.defaultPrevented) return
      const search = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k' && !event.shiftKey
      if (search && !isTyping()) {
        event.preventDefault()
        openSearch()
      } else if (isCanvasFocused(here) && onKey(event)) {
        event.preventDefault()
        // React Flow would move and choose nodes in ways of its own.
        event.stopPropagation()
      }
    }
    const copy = (event: ClipboardEvent) => {
      const here = frame.current
      if (!here || !isCanvasFocused(here) || !window.getSelection()?.isCollapsed) return
      const text = copySelected()
      if (text === null) return
      event.clipboardData?.setData('text/plain', text)
      event.preventDefault()
      if (event.type === 'cut') removeSelected()
    }
    const pasted = (event: ClipboardEvent) => {
      const here = frame.current
      if (!here || !isCanvasFocused(here)) return
      if (paste(event.clipboardData?.getData('text/plain') ?? '', 'Paste')) event.preventDefault()
    }
    window.addEventListener('keydown', keydown, true)
    document.addEventListener('copy', copy)
    document.addEventListener('cut', copy)
    document.addEventListener('paste', pasted)
    return () => {
      window.removeEventListener('keydown', keydown, true)
      document.removeEventListener('copy', copy)
      document.removeEventListener('cut', copy)
      document.removeEventListener('paste', pasted)
    }
  }, [frame])
}
