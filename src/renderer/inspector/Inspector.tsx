import { useDocument } from '../state/index.ts'
import { GraphPage } from './GraphPage.tsx'
import styles from './inspector.module.css'
import { ManyPage } from './ManyPage.tsx'
import { NodePage } from './NodePage.tsx'
import { WirePage } from './WirePage.tsx'

/** What is selected, to be read and edited; the graph itself when nothing is. */
export function Inspector() {
  const selection = useDocument(state => state.selection)
  const readOnly = useDocument(state => state.lease.mode === 'reader')
  const [first, second] = selection.nodes
  const page = selection.wire ? (
    <WirePage wire={selection.wire} />
  ) : second !== undefined ? (
    <ManyPage ids={selection.nodes} />
  ) : first !== undefined ? (
    <NodePage id={first} />
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
