import { useEffect } from 'react'
import { isCanvasFocused } from '../commands/use-commands.ts'
import { copySelected, paste, removeSelected } from './actions.ts'

/** Copy, cut and paste on the canvas: the browser's own, so that they work from its menu too. */
export function useClipboard(): void {
  useEffect(() => {
    const copy = (event: ClipboardEvent) => {
      if (!isCanvasFocused() || !window.getSelection()?.isCollapsed) return
      const text = copySelected()
      if (text === null) return
      event.clipboardData?.setData('text/plain', text)
      event.preventDefault()
      if (event.type === 'cut') removeSelected()
    }
    const pasted = (event: ClipboardEvent) => {
      if (!isCanvasFocused()) return
      if (paste(event.clipboardData?.getData('text/plain') ?? '', 'Paste')) event.preventDefault()
    }
    document.addEventListener('copy', copy)
    document.addEventListener('cut', copy)
    document.addEventListener('paste', pasted)
    return () => {
      document.removeEventListener('copy', copy)
      document.removeEventListener('cut', copy)
      document.removeEventListener('paste', pasted)
    }
  }, [])
}
