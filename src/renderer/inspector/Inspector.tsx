import { useDeferredValue } from 'react'
import { own } from '../../graph/own.ts'
import { isBoundary } from '../../graph/subgraph/boundary.ts'
import { useShown } from '../state/index.ts'
import type { Selection } from '../state/types.ts'
import { GraphPage } from './GraphPage.tsx'
import styles from './inspector.module.css'
import { ManyPage } from './ManyPage.tsx'
import { NodePage } from './NodePage.tsx'
import { SubgraphPage } from './SubgraphPage.tsx'
import { WirePage } from './WirePage.tsx'

/**
 * What is selected, a little later where something else is to be drawn first: a card that is picked up is moved before
 * its settings are shown. What is gone is not selected either way.
 */
function useSelection(): Selection {
  const now = useShown(state => state.selection)
  const before = useDeferredValue(now)
  const there = useShown(({ document }) => before.nodes.every(id => own(document.nodes, id)))
  return there && !before.wire && !now.wire ? before : now
}

/** What is selected, to be read and edited; the graph itself when nothing is. */
export function Inspector() {
  const selection = useSelection()
  const inSubgraph = useShown(state => state.scope.length > 0)
  const readOnly = useShown(state => state.lease.mode === 'reader')
  const [first, second] = selection.nodes
  const page = selection.wire ? (
    <WirePage wire={selection.wire} />
  ) : second !== undefined ? (
    <ManyPage ids={selection.nodes} />
  ) : first !== undefined ? (
    isBoundary(first) ? (
      <SubgraphPage />
    ) : (
      <NodePage id={first} />
    )
  ) : inSubgraph ? (
    <SubgraphPage />
  ) : (
    <GraphPage />
  )
  // Another page begins at its top.
  const key = selection.wire ? `${selection.wire.node}.${selection.wire.port}` : selection.nodes.join()
  return (
    <div key={key} className={styles.inspector}>
      <fieldset className={styles.fields} disabled={readOnly}>
        {page}
      </fieldset>
    </div>
  )
}
