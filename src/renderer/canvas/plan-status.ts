import type { PlannedNode } from '../../protocol/messages.ts'
import type { PlanState } from '../state/plan.ts'
import type { Status } from './status.ts'

const TEXT = { planned: 'will run', kept: 'cached', unread: 'not read' } as const

/** What the next run would do with a card, as one string; '' where no plan is shown. A subgraph runs if a part does. */
export function planKey({ nodes }: Pick<PlanState, 'nodes'>, card: string): string {
  const planned = byCard(nodes).get(card)
  return planned ? [STATES[planned.does], reasonOf(planned)].join('\n') : ''
}

const STATES = { runs: 'planned', cached: 'kept', nothing: 'unread', anew: '' } as const
const FIRST: readonly PlannedNode['does'][] = ['runs', 'cached', 'nothing']

type ByCard = ReadonlyMap<string, PlannedNode>
const known = new WeakMap<readonly PlannedNode[], ByCard>()

/** For each card, of what it stands for, what runs, or else what comes next in that order; made once for a plan. */
function byCard(nodes: readonly PlannedNode[]): ByCard {
  const made = known.get(nodes)
  if (made) return made
  const found = new Map<string, PlannedNode>()
  for (const planned of nodes) {
    if (planned.does === 'anew') continue
    const parts = planned.node.split('/')
    for (let depth = 1; depth <= parts.length; depth++) {
      const card = parts.slice(0, depth).join('/')
      const before = found.get(card)
      if (!before || FIRST.indexOf(planned.does) < FIRST.indexOf(before.does)) found.set(card, planned)
    }
  }
  known.set(nodes, found)
  return found
}

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
