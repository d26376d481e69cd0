import type { PlannedNode } from '../../protocol/messages.ts'
import type { PlanState } from '../state/plan.ts'
import type { Status } from './status.ts'

const TEXT = { planned: 'will run', kept: 'cached', unread: 'not read' } as const

/** What the next run would do with a card, as one string; '' where no plan is shown. A subgraph runs if a part does. */
export function planKey({ nodes }: Pick<PlanState, 'nodes'>, card: string): string {
  const mine = nodes.filter(n => n.does !== 'anew' && (n.node === card || n.node.startsWith(`${card}/`)))
  const first = mine.find(n => n.does === 'runs') ?? mine.find(n => n.does === 'cached') ?? mine[0]
  return first ? [STATES[first.does], reasonOf(first)].join('\n') : ''
}

const STATES = { runs: 'planned', cached: 'kept', nothing: 'unread', anew: '' } as const

/** Why, in a sentence. */
export function reasonOf({ does, why, unless = [] }: PlannedNode): string {
  const other =
    unless.length > 0 && why !== 'first run' ? `depends on what ${unless.join(', ')} will make` : ''
  if (does === 'nothing') return 'no Train and no report reads it'
  return [why, other].filter(Boolean).join('; ')
}

export function readPlan(key: string): Status | null {
  if (!key) return null
  const [state, more = ''] = key.split('\n') as [keyof typeof TEXT, string?]
  const about = state === 'planned' ? 'The next run makes it' : 'The next run does not make it'
  return { state, text: TEXT[state], at: '', fraction: null, more: more ? `${about}: ${more}` : about }
}
