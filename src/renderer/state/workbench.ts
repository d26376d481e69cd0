import type { StoreApi } from 'zustand/vanilla'
import { writeGraph } from '../../graph/write.ts'
import type { Connect } from '../../protocol/transport.ts'
import type { RunInfo } from '../../protocol/workbench.ts'
import { HostClient } from '../host/client.ts'
import { isFault, messageOf } from '../host/fault.ts'
import { DocumentActions, type Remembered } from './actions.ts'
import { Documents } from './document.ts'
import { type InsightNeeds, type InsightState, Insights } from './insight.ts'
import { Journal, JournalSlot } from './journal.ts'
import { type PlanState, Plans } from './plan.ts'
import { isOver } from './run-reducer.ts'
import { Runs } from './runs.ts'
import { createSession, listenToSession, themeOf } from './session.ts'
import { type RememberedTabs, Tabs } from './tabs.ts'
import type { DocumentState, RunsState, SessionState } from './types.ts'
import { Watches, type WatchesState } from './watches.ts'

/** What the stores need of the window they are in. */
export interface Surroundings {
  readonly connect: Connect
  readonly now: () => number
  /** What the machine prefers. */
  readonly dark: () => boolean
  /** What this tab is to show: what it showed last, kept over a reload. */
  readonly remembered: () => Remembered | null
  readonly remember: (shown: Remembered) => void
  /** Opens the worker that counts what Trains cost. */
  readonly openInsight: InsightNeeds['open']
  /** The tabs of before a reload; null where there was only one. */
  readonly rememberedTabs: () => RememberedTabs | null
  /** What was just done, in words: a screen reader says it. */
  readonly said: (what: string) => void
}

export interface Workbench {
  readonly client: HostClient
  readonly session: StoreApi<SessionState>
  readonly document: StoreApi<DocumentState>
  readonly runs: StoreApi<RunsState>
  readonly plan: StoreApi<PlanState>
  readonly insight: StoreApi<InsightState>
  readonly watches: StoreApi<WatchesState>
  readonly actions: DocumentActions
  readonly tabs: Tabs
  /** The machine's preference has changed. */
  followTheme(): void
  start(): void
}

const ended = (infos: readonly RunInfo[]): number => infos.filter(isOver).length

/** The state of one window and its connection to the host, without anything that draws. */
export function createWorkbench(around: Surroundings): Workbench {
  const client = new HostClient(around.connect, {
    open: () => void connected(),
    lost: () => {
      const { connection } = session.getState()
      session.setState({
        connection: { state: 'lost', tries: connection.state === 'lost' ? connection.tries + 1 : 1 },
      })
    },
    closed: reason => session.setState({ connection: { state: 'closed', reason } }),
  })
  const session = createSession({ client, dark: around.dark })
  const notify: SessionState['notify'] = (...toast) => session.getState().notify(...toast)
  const failed = (error: unknown) => {
    if (isFault(error, 'read-only')) return
    notify(`Your last edits are not kept on the disk yet: ${messageOf(error)}`, 'bad', 'Save to be safe.')
  }
  const journals = new JournalSlot(() => new Journal(client, failed))
  const documents = new Documents({
    journal: command => journals.current.push(command),
    said: around.said,
    lookAt: document => void actions.lookAt(document),
    refuse: (message, hint) => notify(message, 'bad', hint),
    now: around.now,
  })
  const runs = new Runs({
    client,
    source: () => {
      const { id, document } = documents.store.getState()
      return id === null ? null : { id, document, text: writeGraph(document) }
    },
    document: () => documents.store.getState().document,
    refuse: message => notify(message, 'bad'),
    now: around.now,
  })
  const plans = new Plans({
    client,
    source: () => {
      const { id, document, checked } = documents.store.getState()
      return id === null ? null : { id, text: writeGraph(document), ok: checked.ok }
    },
  })
  const insights = new Insights({
    open: around.openInsight,
    source: () => {
      const { document, schemas, checked } = documents.store.getState()
      return { document, schemas, ok: checked.ok }
    },
    measure: async train => {
      const { id, document } = documents.store.getState()
      const { trains } = await client.request('memory.read', {
        document: id ?? '',
        text: writeGraph(document),
        options: { engine: 'xla', fresh: false },
        train,
      })
      return trains[0]!
    },
    words: messageOf,
  })
  // A run that has ended has left its results in the cache.
  runs.store.subscribe((now, before) => {
    if (now.infos !== before.infos && ended(now.infos) !== ended(before.infos)) plans.mark()
  })
  const watches = new Watches({ client, document: documents.store, runs: runs.store })
  const { remember } = around
  const actions = new DocumentActions({
    client,
    documents,
    journals,
    runs,
    notify,
    remember,
    aside: tab => tabs.addAside(tab),
  })
  const tabs = new Tabs(actions, documents.store)
  documents.store.subscribe((now, before) => {
    if (now.document !== before.document) runs.mark()
    if (now.checked !== before.checked || now.id !== before.id) {
      plans.mark()
      insights.mark()
    }
  })
  session.subscribe((now, before) => {
    const allowed = now.settings.places.join('\n') !== before.settings.places.join('\n')
    // What a crashed engine could not say, the next one may; not while that is what it was started for.
    const restarted = before.engine.state === 'crashed' && now.engine.state !== 'crashed'
    if (allowed || (restarted && !actions.isLooking)) void actions.lookAt(documents.store.getState().document)
    if (restarted && plans.store.getState().state === 'failed') plans.mark()
  })
  listenToSession(session, client, around.dark)
  client.on('document.lease', ({ document, lease }) => {
    if (document === documents.store.getState().id) actions.lease(lease)
    else tabs.lease(document, lease)
  })
  client.on('document.changedOnDisk', ({ document, version }) => {
    const open = documents.store.getState()
    if (document === open.id && version !== open.version)
      documents.store.setState({ changedOnDisk: { version } })
    else if (document !== open.id) tabs.changedOnDisk(document, version)
  })

  async function connected(): Promise<void> {
    try {
      const welcome = await client.request('session.hello', { client: 'window' })
      const { settings, engine, plugin } = welcome
      const theme = themeOf(settings.theme, around.dark())
      session.setState({ welcome, settings, engine, plugin, theme })
      // Before anything else is waited for: what the host tells meanwhile is newer.
      runs.inform(welcome.runs)
      if (documents.store.getState().id === null) {
        // Read first: what is opened now is remembered in its place.
        const kept = around.rememberedTabs()
        await first(welcome.welcome)
        if (kept) await tabs.restore(kept)
      } else {
        await actions.again()
        await tabs.again()
      }
      runs.again()
      // What was asked for on a connection that was lost.
      plans.mark()
      watches.again()
      session.setState({ connection: { state: 'open' } })
    } catch (error) {
      if (!isFault(error, 'lost'))
        session.setState({ connection: { state: 'closed', reason: messageOf(error) } })
    }
  }

  /** What this tab showed before a reload, else the welcome graph, else a new one. */
  async function first(welcome: string): Promise<void> {
    const shown = around.remembered()
    if (shown && (await ('path' in shown ? actions.open(shown.path) : actions.createText(shown.text)))) return
    if (!(await actions.open(welcome))) await actions.create()
  }

  return {
    client,
    session,
    document: documents.store,
    runs: runs.store,
    plan: plans.store,
    insight: insights.store,
    watches: watches.store,
    actions,
    tabs,
    followTheme: () => session.setState({ theme: themeOf(session.getState().settings.theme, around.dark()) }),
    start: () => client.start(),
  }
}
