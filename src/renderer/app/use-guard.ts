import { useEffect } from 'react'
import { documentStore } from '../state/index.ts'

/** The browser asks before it closes or reloads a window whose document was edited and not saved. */
export function useGuard(): void {
  useEffect(() => {
    const guard = (event: BeforeUnloadEvent) => {
      if (documentStore.getState().dirty) event.preventDefault()
    }
    addEventListener('beforeunload', guard)
    return () => removeEventListener('beforeunload', guard)
  }, [])
}
