import { CircleAlert, ListChecks, Minus, Play, Zap } from 'lucide-react'
import { useEffect } from 'react'
import { own } from '../../graph/own.ts'
import type { PlannedNode } from '../../protocol/messages.ts'
import { revealFromTop } from '../canvas/actions.ts'
import { reasonOf } from '../canvas/plan-status.ts'
import { planStore, useDocument, usePlan } from '../state/index.ts'
import type { DocumentState } from '../state/types.ts'
import { classes } from '../ui/classes.ts'
import { plural } from '../ui/format.ts'
import { Empty } from './Empty.tsx'
import styles from './PlanTab.module.css'
import tab from './tab.module.css'

const WORDS = {
  runs: { text: 'will run', icon: Play },
  cached: { text: 'cached', icon: Zap },
  nothing: { text: 'not read', icon: Minus },
} as const

/** What the next run would do with each node that takes time, in the order of the run, and why. */
export function PlanTab() {
  const { state, nodes, problem, fresh } = usePlan(plan => plan)
  useEffect(() => planStore.getState().look(), [])
  const told = nodes.filter(n => n.does !== 'anew')
  if (state === 'blocked')
    return (
      <Empty icon={ListChecks} title="The graph can't run yet">
        Its problems are listed in the inspector; the plan follows when they are solved.
      </Empty>
    )
  if (state === 'failed')
    return (
      <Empty icon={CircleAlert} title="There is no plan">
        {problem}
      </Empty>
    )
  const runs = told.filter(n => n.does === 'runs').length
  const kept = told.filter(n => n.does === 'cached').length
  return (
    <div className={tab.page}>
      <div className={classes(tab.top, styles.tools)}>
        <span role="status" className={styles.tally}>
          {state === 'known'
            ? `${runs === 0 ? 'Nothing runs' : `${plural(runs, 'node')} will run`}, ${kept} from the cache`
            : 'Looking at what is cached…'}
        </span>
        <label className={tab.check}>
          <input
            type="checkbox"
            checked={fresh}
            onChange={e => planStore.getState().setFresh(e.target.checked)}
          />
          Train again what is cached
        </label>
      </div>
      <ol
        className={styles.nodes}
        data-old={state !== 'known' || undefined}
        aria-label="Plan of the next run"
      >
        {told.map(node => (
          <Row key={node.node} planned={node} />
        ))}
      </ol>
    </div>
  )
}

/** A person's title, else what its type is called. */
function titleOf({ document, checked }: DocumentState, node: string): string {
  const json = own(document.nodes, node)
  return json?.title ?? checked.nodes.get(node)?.def.title ?? ''
}

function Row({ planned }: { readonly planned: PlannedNode }) {
  const { node, does } = planned
  const title = useDocument(s => titleOf(s, node))
  if (does === 'anew') return null
  const { text, icon: Icon } = WORDS[does]
  return (
    <li className={styles.row} data-does={does}>
      <span className={styles.does}>
        <Icon size={12} strokeWidth={2.5} aria-hidden="true" />
        {text}
      </span>
      <span className={styles.names}>
        <button
          type="button"
          className={styles.node}
          title={`Show ${node}`}
          onClick={() => revealFromTop(node)}
        >
          {node}
        </button>
        <span className={styles.title}>{title}</span>
      </span>
      <span className={styles.why}>{reasonOf(planned)}</span>
    </li>
  )
}
