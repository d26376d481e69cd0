import { createStore, type StoreApi } from 'zustand/vanilla'
import type { PlannedNode } from '../../protocol/messages.ts'
import type { HostClient } from '../host/client.ts'
import { isFault, messageOf } from '../host/fault.ts'

/** What the next run would do, for as long as someone looks. */
export interface PlanState {
  /** `off`: nobody looks; `blocked`: the graph has problems, and can't run. */
  readonly state: 'off' | 'blocked' | 'reading' | 'known' | 'failed'
  /** In the order of the run; while a newer plan is read, those of the one before. */
  readonly nodes: readonly PlannedNode[]
  readonly problem: string | null
  /** As if everything were trained and evaluated again. */
  readonly fresh: boolean

  /** Begins to look; the result ends it. */
  look(): () => void
  setFresh(fresh: boolean): void
}

export interface PlanNeeds {
  readonly client: HostClient
  /** The open document, and whether it can run; null where none is open. */
  readonly source: () => { readonly id: string; readonly text: string; readonly ok: boolean } | null
}

/** Asks for the plan of the open document, again after each edit and each run, but only while someone looks. */
export class Plans {
  readonly store: StoreApi<PlanState>
  private readonly needs: PlanNeeds
  private lookers = 0
  private asking: AbortController | undefined

  constructor(needs: PlanNeeds) {
    this.needs = needs
    this.store = createStore<PlanState>(() => ({
      state: 'off',
      nodes: [],
      problem: null,
      fresh: false,
      look: () => this.look(),
      setFresh: fresh => {
        this.store.setState({ fresh })
        this.mark()
      },
    }))
  }

  /** The document, or what is in the cache, has changed. */
  mark(): void {
    if (this.lookers > 0) void this.read()
  }

  private look(): () => void {
    this.lookers++
    if (this.lookers === 1) void this.read()
    let looking = true
    return () => {
      if (!looking) return
      looking = false
      this.lookers--
      if (this.lookers > 0) return
      this.asking?.abort()
      this.store.setState({ state: 'off', nodes: [], problem: null })
    }
  }

  private async read(): Promise<void> {
    this.asking?.abort()
    const source = this.needs.source()
    if (!source?.ok) {
      this.store.setState({ state: 'blocked', nodes: [], problem: null })
      return
    }
    const mine = new AbortController()
    this.asking = mine
    this.store.setState({ state: 'reading' })
    const { id: document, text } = source
    const options = { engine: 'xla', fresh: this.store.getState().fresh } as const
    try {
      const { nodes } = await this.needs.client.request(
        'plan.read',
        { document, text, options },
        { signal: mine.signal },
      )
      if (!mine.signal.aborted) this.store.setState({ state: 'known', nodes, problem: null })
    } catch (error) {
      if (mine.signal.aborted || isFault(error, 'cancelled') || isFault(error, 'lost')) return
      this.store.setState({ state: 'failed', nodes: [], problem: messageOf(error) })
    }
  }
}
