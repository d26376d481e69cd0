import { Search } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import styles from './NodeSearch.module.css'
import { POPOVER_WIDTH, useCanvasUi } from './ui-store.ts'
import { useList } from './use-list.ts'

const HEIGHT = 380

interface PopoverProps<T> {
  readonly at: readonly [number, number]
  readonly frame: HTMLElement
  readonly label: string
  readonly hint: string
  readonly nothing: string
  readonly find: (query: string) => readonly T[]
  readonly keyOf: (item: T) => string
  readonly show: (item: T) => ReactNode
  readonly pick: (item: T) => void
  readonly width?: number
}

const close = (frame: HTMLElement | null): void => {
  useCanvasUi.setState({ popover: null })
  // Keys go to the canvas again.
  frame?.focus()
}

/** A search field over a list of what it finds; Enter takes the marked one, Escape nothing. */
export function Popover<T>({
  at,
  frame,
  label,
  hint,
  nothing,
  find,
  keyOf,
  show,
  pick,
  width = POPOVER_WIDTH,
}: PopoverProps<T>) {
  const [query, setQuery] = useState('')
  const box = useRef<HTMLDivElement>(null)
  const items = find(query)
  const choose = (item: T) => {
    close(frame)
    pick(item)
  }
  const list = useList(items, choose, () => close(frame))
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) useCanvasUi.setState({ popover: null })
    }
    window.addEventListener('pointerdown', outside, true)
    return () => window.removeEventListener('pointerdown', outside, true)
  }, [])
  const left = Math.max(8, Math.min(at[0], frame.clientWidth - width - 8))
  const top = Math.max(8, Math.min(at[1], frame.clientHeight - HEIGHT - 8))
  return (
    <div
      ref={box}
      className={`${styles.popover} nowheel nopan nodrag`}
      style={{ left, top, width }}
      role="dialog"
      aria-label={label}
    >
      <div className={styles.field}>
        <Search size={15} aria-hidden="true" />
        <input
          // biome-ignore lint/a11y/noAutofocus: a search that a person opened waits for their typing.
          autoFocus
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls={list.listId}
          aria-activedescendant={items.length ? list.optionId(list.active) : undefined}
          aria-label={label}
          placeholder={hint}
          value={query}
          spellCheck={false}
          onChange={event => {
            setQuery(event.target.value)
            list.setActive(0)
          }}
          onKeyDown={list.onKeyDown}
        />
      </div>
      <div ref={list.listRef} id={list.listId} role="listbox" aria-label={label} className={styles.list}>
        {items.map((item, place) => (
          <div
            key={keyOf(item)}
            id={list.optionId(place)}
            role="option"
            tabIndex={-1}
            aria-selected={place === list.active}
            className={styles.option}
            onPointerMove={() => list.setActive(place)}
            onClick={() => choose(item)}
            onKeyDown={list.onKeyDown}
          >
            {show(item)}
          </div>
        ))}
      </div>
      {items.length === 0 && (
        <p className={styles.nothing} role="status">
          {nothing}
        </p>
      )}
    </div>
  )
}
