import type { Viewport } from '@xyflow/react'
import { useCallback, useRef } from 'react'
import { showDetail } from './ui-store.ts'

/** Turns of the wheel that follow each other like this are one movement. */
const REST_MS = 160

/** Marks the canvas while it moves; when it has come to rest, its cards get the detail of the new zoom. */
export function useMoving(frame: HTMLElement | null) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const onMoveStart = useCallback(() => {
    clearTimeout(timer.current)
    frame?.setAttribute('data-moving', '')
  }, [frame])
  const onMoveEnd = useCallback(
    (_event: unknown, { zoom }: Viewport) => {
      clearTimeout(timer.current)
      timer.current = setTimeout(() => {
        if (!frame) return
        frame.removeAttribute('data-moving')
        showDetail(frame, zoom)
      }, REST_MS)
    },
    [frame],
  )
  return { onMoveStart, onMoveEnd }
}
