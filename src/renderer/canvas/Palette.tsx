import { ChevronRight, Search, X } from 'lucide-react'
import { type DragEvent, useMemo, useState } from 'react'
import { useDocument } from '../state/index.ts'
import { addablesNow, addNode } from './actions.ts'
import type { Addable } from './addable.ts'
import { CATEGORIES } from './category.tsx'
import type { CardCategory } from './model.ts'
import styles from './Palette.module.css'
import { firstSentence, searchNodes } from './search.ts'

/** The type that is dragged from the palette onto the canvas. */
export const DRAG_TYPE = 'application/x-diptych-node'

function Item({ def, first }: { readonly def: Addable; readonly first: boolean }) {
  const { icon: Icon, colour } = CATEGORIES[def.category]
  const drag = (event: DragEvent) => {
    event.dataTransfer.setData(DRAG_TYPE, def.type)
    event.dataTransfer.effectAllowed = 'copy'
  }
  const doc = firstSentence(def.doc)
  return (
    <button
      type="button"
      className={styles.item}
      data-first={first || undefined}
      draggable
      onDragStart={drag}
      onClick={() => addNode(def)}
      title={`${def.title}\n${doc}\n\nDrag it onto the canvas, or click to add it.`}
    >
      <span className={styles.icon} style={{ color: colour }}>
        <Icon size={15} aria-hidden="true" />
      </span>
      <span className={styles.words}>
        <span className={styles.title}>{def.title}</span>
        <span className={styles.doc}>{doc}</span>
      </span>
    </button>
  )
}

function Group({ category, defs }: { readonly category: CardCategory; readonly defs: readonly Addable[] }) {
  const [open, setOpen] = useState(true)
  const { title, colour } = CATEGORIES[category]
  return (
    <section className={styles.group}>
      <h3>
        <button type="button" className={styles.heading} aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className={styles.dot} style={{ background: colour }} />
          {title}
          <span className={styles.count}>{defs.length}</span>
          <ChevronRight size={13} className={styles.chevron} aria-hidden="true" />
        </button>
      </h3>
      {open && defs.map(def => <Item key={def.type} def={def} first={false} />)}
    </section>
  )
}

/** Every node there is, by category; drag one onto the canvas, or click. */
export function Palette() {
  const [query, setQuery] = useState('')
  const defs = useDocument(state => state.document.defs)
  const scope = useDocument(state => state.scope)
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the document only its subgraphs are listed
  const all = useMemo(addablesNow, [defs, scope])
  const groups = useMemo(() => {
    const order = Object.keys(CATEGORIES) as CardCategory[]
    return order.map(category => ({ category, defs: all.filter(def => def.category === category) }))
  }, [all])
  const found = query.trim() ? searchNodes(query, all) : null
  return (
    <div className={styles.palette}>
      <div className={styles.field}>
        <Search size={14} aria-hidden="true" />
        <input
          type="search"
          aria-label="Search nodes"
          placeholder="Search nodes"
          value={query}
          spellCheck={false}
          onChange={event => setQuery(event.target.value)}
          onKeyDown={event => {
            if (event.key === 'Enter' && found?.[0]) addNode(found[0])
            if (event.key === 'Escape') setQuery('')
          }}
        />
        {query && (
          <button
            type="button"
            className={styles.clear}
            aria-label="Clear the search"
            onClick={() => setQuery('')}
          >
            <X size={13} aria-hidden="true" />
          </button>
        )}
      </div>
      <div className={styles.list}>
        {found
          ? found.map((def, place) => <Item key={def.type} def={def} first={place === 0} />)
          : groups
              .filter(group => group.defs.length > 0)
              .map(group => <Group key={group.category} {...group} />)}
        {found?.length === 0 && (
          <p className={styles.nothing}>No node is called that. Try "image", "loss" or "text".</p>
        )}
      </div>
    </div>
  )
}
