import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'

/** A search field over a list that arrows walk through: what both the palette and the popover are made of. */
export interface ListState<T> {
  readonly active: number
  readonly listId: string
  readonly optionId: (place: number) => string
  readonly setActive: (place: number) => void
  readonly onKeyDown: (event: KeyboardEvent) => void
  readonly listRef: React.RefObject<HTMLDivElement | null>
  readonly items: readonly T[]
}

export function useList<T>(items: readonly T[], pick: (item: T) => void, leave?: () => void): ListState<T> {
  const [wished, setActive] = useState(0)
  const listId = useId()
  const listRef = useRef<HTMLDivElement>(null)
  const active = Math.min(wished, items.length - 1)
  const optionId = (place: number) => `${listId}-${place}`
  useEffect(() => {
    listRef.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  })
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      setActive(Math.max(0, Math.min(items.length - 1, active + step)))
    } else if (event.key === 'Enter' && items[active] !== undefined) {
      event.preventDefault()
      pick(items[active])
    } else if (event.key === 'Escape' && leave) {
      event.preventDefault()
      event.stopPropagation()
      leave()
    }
  }
  return { active, listId, optionId, setActive, onKeyDown, listRef, items }
}
