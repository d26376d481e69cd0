import { registry } from '../../nodes/index.ts'
import { documentStore } from '../state/index.ts'
import { revealFromTop } from './actions.ts'
import { CATEGORIES } from './category.tsx'
import { findNodes } from './find.ts'
import styles from './NodeSearch.module.css'
import { Popover } from './Popover.tsx'

const FIND_WIDTH = 420

/** Finds nodes of the whole file; the one that is picked is shown, wherever it is. */
export function FindNode({ frame }: { readonly frame: HTMLElement }) {
  const { document } = documentStore.getState()
  return (
    <Popover
      at={[frame.clientWidth / 2 - FIND_WIDTH / 2, 24]}
      width={FIND_WIDTH}
      frame={frame}
      label="Find in the graph"
      hint="Title, id, type or a value"
      nothing="Nothing in this graph is like that."
      find={query => findNodes(document, query, registry)}
      keyOf={found => found.path}
      pick={found => revealFromTop(found.path)}
      show={found => {
        const category =
          registry.get(found.type)?.category ?? (found.type.startsWith('def:') ? 'subgraph' : 'missing')
        const { icon: Icon, colour } = CATEGORIES[category]
        return (
          <>
            <span className={styles.icon} style={{ color: colour }}>
              <Icon size={16} aria-hidden="true" />
            </span>
            <span className={styles.words}>
              <span className={styles.title}>{found.title}</span>
              <span className={styles.doc}>
                <code>{found.path}</code>
                {found.param && ` · ${found.param}`}
              </span>
            </span>
          </>
        )
      }}
    />
  )
}
