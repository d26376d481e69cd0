import { ChevronRight, CornerLeftUp } from 'lucide-react'
import { defOf } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { documentStore, useDocument } from '../state/index.ts'
import { defAt } from '../state/scope.ts'
import { brief } from '../ui/brief.ts'
import styles from './Breadcrumb.module.css'

/** The way into the subgraph that is shown; each part leads back to it. */
export function Breadcrumb() {
  const scope = useDocument(state => state.scope)
  const document = useDocument(state => state.document)
  if (scope.length === 0) return null
  const enter = (depth: number) => documentStore.getState().enter(scope.slice(0, depth))
  const titles = scope.map((id, depth) => {
    const around = defAt(document, scope.slice(0, depth))
    const nodes = around === undefined ? document.nodes : document.defs[around]!.nodes
    const node = own(nodes, id)
    return node?.title || defOf(node?.type ?? '') || id
  })
  return (
    <nav className={styles.bar} aria-label="Way into the subgraph">
      <button
        type="button"
        className={styles.up}
        aria-label="Leave the subgraph"
        title="Leave the subgraph (Esc)"
        onClick={() => enter(scope.length - 1)}
      >
        <CornerLeftUp size={15} aria-hidden="true" />
      </button>
      <button type="button" className={styles.part} onClick={() => enter(0)}>
        {brief(document.meta.title) || 'Graph'}
      </button>
      {titles.map((title, i) => (
        <span key={scope.slice(0, i + 1).join('/')} className={styles.step}>
          <ChevronRight size={13} aria-hidden="true" />
          <button
            type="button"
            className={styles.part}
            aria-current={i === titles.length - 1 ? 'location' : undefined}
            onClick={() => enter(i + 1)}
          >
            {title}
          </button>
        </span>
      ))}
    </nav>
  )
}
