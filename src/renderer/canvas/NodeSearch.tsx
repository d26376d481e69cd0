import { addablesFor, addNode, connect, insertionOf, insertNode } from './actions.ts'
import { CATEGORIES } from './category.tsx'
import { linksOf } from './links.ts'
import type { CardData } from './model.ts'
import styles from './NodeSearch.module.css'
import { Popover } from './Popover.tsx'
import { firstSentence, fuzzy, searchNodes } from './search.ts'
import { docNow } from './store.ts'
import { type OpenSearch, POPOVER_WIDTH } from './ui-store.ts'

/** Search for a node to add; with a wire in hand, among those that take it. */
export function NodeSearch({ search, frame }: { readonly search: OpenSearch; readonly frame: HTMLElement }) {
  const { wiring, at, place, into } = search
  const all = addablesFor(wiring)
  const found = into ? all.filter(one => insertionOf(one, into)) : all
  return (
    <Popover
      at={at}
      frame={frame}
      label={wiring ? `Add a node for ${wiring.port}` : into ? 'Insert a node into the wire' : 'Add a node'}
      hint={
        wiring
          ? `Nodes that ${wiring.side === 'out' ? 'take' : 'give'} "${wiring.port}"`
          : into
            ? 'Nodes that fit into the wire'
            : 'Search nodes'
      }
      nothing="No node fits. Try other words."
      find={query => searchNodes(query, found)}
      keyOf={def => def.type}
      pick={def => (into ? insertNode(def, into, place) : addNode(def, place, wiring))}
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
      at={[frame.clientWidth / 2 - POPOVER_WIDTH / 2, frame.clientHeight / 4]}
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
