import { useEffect } from 'react'
import { isCanvasFocused } from '../commands/use-commands.ts'
import { sessionStore } from '../state/index.ts'
import { removeSelected } from './actions.ts'
import { copySelected, paste } from './paste.ts'
import { followPointer, markPointer, pointedAt } from './pointer.ts'

const NOTHING = 'There are no nodes in the clipboard'
const HINT = 'Copy nodes with Ctrl+C, here or in another tab, or the JSON of a graph from anywhere.'

/** Copy, cut and paste on the canvas: the browser's own, so that they work from its menu too. */
export function useClipboard(): void {
  useEffect(() => {
    const copy = (event: ClipboardEvent) => {
      if (!isCanvasFocused() || !window.getSelection()?.isCollapsed) return
      const text = copySelected()
      if (text === null) return
      event.clipboardData?.setData('text/plain', text)
      event.preventDefault()
      markPointer()
      if (event.type === 'cut') removeSelected()
    }
    const pasted = (event: ClipboardEvent) => {
      if (!isCanvasFocused()) return
      event.preventDefault()
      const text = event.clipboardData?.getData('text/plain') ?? ''
      if (paste(text, 'Paste', pointedAt())) markPointer()
      else if (text.trim()) sessionStore.getState().notify(NOTHING, 'info', HINT)
    }
    const unfollow = followPointer()
    document.addEventListener('copy', copy)
    document.addEventListener('cut', copy)
    document.addEventListener('paste', pasted)
    return () => {
      unfollow()
      document.removeEventListener('copy', copy)
      document.removeEventListener('cut', copy)
      document.removeEventListener('paste', pasted)
    }
  }, [])
}
