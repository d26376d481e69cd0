import { Search } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { addNode, connect, defsFor } from './actions.ts'
import { CATEGORIES } from './category.tsx'
import { linksOf } from './links.ts'
import type { CardData } from './model.ts'
import styles from './NodeSearch.module.css'
import { firstSentence, fuzzy, searchNodes } from './search.ts'
import { docNow } from './store.ts'
import { type OpenSearch, useCanvasUi } from './ui-store.ts'
import { useList } from './use-list.ts'

const WIDTH = 340
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
}

const close = (frame: HTMLElement | null): void => {
  useCanvasUi.setState({ search: null, connecting: null })
  // Keys go to the canvas again.
  frame?.querySelector<HTMLElement>('[data-canvas-keys]')?.focus()
}

function Popover<T>({ at, frame, label, hint, nothing, find, keyOf, show, pick }: PopoverProps<T>) {
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
      if (!box.current?.contains(event.target as Node))
        useCanvasUi.setState({ search: null, connecting: null })
    }
    window.addEventListener('pointerdown', outside, true)
    return () => window.removeEventListener('pointerdown', outside, true)
  }, [])
  const left = Math.max(8, Math.min(at[0], frame.clientWidth - WIDTH - 8))
  const top = Math.max(8, Math.min(at[1], frame.clientHeight - HEIGHT - 8))
  return (
    <div
      ref={box}
      className={`${styles.popover} nowheel nopan nodrag`}
      style={{ left, top, width: WIDTH }}
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
        {items.length === 0 && <p className={styles.nothing}>{nothing}</p>}
      </div>
    </div>
  )
}

/** Search for a node to add; with a wire in hand, among those that take it. */
export function NodeSearch({ search, frame }: { readonly search: OpenSearch; readonly frame: HTMLElement }) {
  const { wiring, at, place } = search
  const defs = defsFor(wiring)
  return (
    <Popover
      at={at}
      frame={frame}
      label={wiring ? `Add a node for ${wiring.port}` : 'Add a node'}
      hint={
        wiring ? `Nodes that ${wiring.side === 'out' ? 'take' : 'give'} "${wiring.port}"` : 'Search nodes'
      }
      nothing="No node fits. Try other words."
      find={query => searchNodes(query, defs)}
      keyOf={def => def.type}
      pick={def => addNode(def, place, wiring)}
      show={def => {
        const { icon: Icon, colour } = CATEGORIES[def.category]
        return (
          <>
            <span className={styles.icon} style={{ color: colour }}>
              <Icon size={16} aria-hidden="true" />
            </span>
            <span className={styles.words}>
              <span className={styles.title}>{def.title}</span>
              <span className={styles.doc}>{firstSentence(def.doc)}</span>
            </span>
          </>
        )
      }}
    />
  )
}

interface ConnectProps {
  readonly node: string
  readonly cards: readonly CardData[]
  readonly frame: HTMLElement
}

/** Wiring from the keyboard: the wires that the node could have. */
export function ConnectSearch({ node, cards, frame }: ConnectProps) {
  const card = cards.find(one => one.id === node)
  if (!card) return null
  const links = linksOf(docNow().document, card, cards)
  return (
    <Popover
      at={[frame.clientWidth / 2 - WIDTH / 2, frame.clientHeight / 4]}
      frame={frame}
      label={`Connect ${card.title}`}
      hint={`Connect ${card.title} …`}
      nothing="Nothing fits its ports."
      find={query => (query.trim() ? links.filter(link => fuzzy(query.trim(), link.text) >= 0) : links)}
      keyOf={link => `${link.from}>${link.node}.${link.port}`}
      pick={link => connect(link.from, link.node, link.port)}
      show={link => <span className={styles.link}>{link.text}</span>}
    />
  )
}
