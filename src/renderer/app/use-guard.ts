import { useEffect } from 'react'
import { tabs } from '../state/index.ts'

/** The browser asks before it closes or reloads a window with a document that was edited and not saved. */
export function useGuard(): void {
  useEffect(() => {
    const guard = (event: BeforeUnloadEvent) => {
      if (tabs.unsaved.length > 0) event.preventDefault()
    }
    addEventListener('beforeunload', guard)
    return () => removeEventListener('beforeunload', guard)
  }, [])
}
