import { CircleAlert, LocateFixed, ScrollText } from 'lucide-react'
import { revealFromTop } from '../canvas/actions.ts'
import { wordsOf } from '../canvas/fault-words.ts'
import { shownRun, useDocument, useRuns, useSession } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import styles from './FailureLine.module.css'
import { useRunPage } from './page-store.ts'

/** Diagnostics that are written out; the others are counted. */
const NAMED = 3

/** Why the shown run failed, whichever page is open, and the way to the node. */
export function FailureLine() {
  const crashed = useSession(state => state.engine.state === 'crashed')
  const info = useRuns(state => shownRun(state)?.info)
  // Of an engine that has crashed there is a notice above, with the ways to go on.
  const failure = info?.state === 'interrupted' && crashed ? null : (info?.failure ?? null)
  const page = useRunPage(state => state.page)
  const node = failure?.node ?? failure?.diagnostics.find(d => d.node !== undefined)?.node
  const isThere = useDocument(state => node !== undefined && node.split('/')[0]! in state.document.nodes)
  const title = useDocument(state => (node === undefined ? undefined : state.document.nodes[node]?.title))
  if (!failure) return null
  const { message, diagnostics } = failure
  return (
    <div className={styles.failure} role="alert">
      <CircleAlert size={15} className={styles.icon} aria-hidden="true" />
      <div className={styles.text}>
        {node !== undefined && <strong>{title ?? node}: </strong>}
        {message}
        {diagnostics.slice(0, NAMED).map(d => (
          <div key={`${d.node} ${d.code} ${d.message}`}>{wordsOf(d)}</div>
        ))}
        {diagnostics.length > NAMED && <div>and {diagnostics.length - NAMED} more, in the log</div>}
      </div>
      <div className={styles.actions}>
        {node !== undefined && (
          <Button
            small
            icon={<LocateFixed size={13} />}
            disabled={!isThere && 'This node is no longer in the graph'}
            onClick={() => revealFromTop(node)}
          >
            Show the node
          </Button>
        )}
        {page !== 'log' && (
          <Button
            small
            kind="quiet"
            icon={<ScrollText size={13} />}
            onClick={() => useRunPage.setState({ page: 'log' })}
          >
            Log
          </Button>
        )}
      </div>
    </div>
  )
}
