import { useStore } from 'zustand'
import { takeAddress } from '../host/address.ts'
import { connectHere } from '../host/connect.ts'
import type { Remembered } from './actions.ts'
import type { InsightAnswer, InsightState } from './insight.ts'
import type { PlanState } from './plan.ts'
import { say } from './say.ts'
import { shownOf } from './scope.ts'
import type { RememberedTabs, TabsState } from './tabs.ts'
import type { DocumentState, RunsState, RunView, SessionState, TrainRun } from './types.ts'
import type { WatchesState } from './watches.ts'
import { createWorkbench } from './workbench.ts'

const SHOWN = 'diptych.shown'
const TABS = 'diptych.tabs'
const inWindow = typeof window !== 'undefined'
const address = inWindow ? takeAddress() : { token: null, open: null }
const prefersDark = () => matchMedia('(prefers-color-scheme: dark)')

function remembered(): Remembered | null {
  if (address.open !== null) return { path: address.open }
  const kept = sessionStorage.getItem(SHOWN)
  return kept === null ? null : (JSON.parse(kept) as Remembered)
}

/** For a reload of this tab. What is too large for that is forgotten with it. */
function keep(key: string, value: string): void {
  try {
    sessionStorage.setItem(key, value)
  } catch {
    sessionStorage.removeItem(key)
  }
}

/** The state of this window. Components read it through the hooks below. */
export const workbench = createWorkbench({
  connect: handlers => connectHere(address.token)(handlers),
  now: () => performance.now(),
  dark: () => inWindow && prefersDark().matches,
  remembered,
  openInsight: answer => {
    const worker = new Worker(new URL('./insight-worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<InsightAnswer>) => answer(data)
    return { ask: question => worker.postMessage(question) }
  },
  said: say,
  rememberedTabs: () => {
    const kept = address.open === null && inWindow ? sessionStorage.getItem(TABS) : null
    return kept === null ? null : (JSON.parse(kept) as RememberedTabs)
  },
  remember: shown => keep(SHOWN, JSON.stringify(shown)),
})

/** Asks the host directly: pictures, listings. */
export const hostClient = workbench.client
/** Open, save and the like. Edits of the document go through `run` of `useDocument`. */
export const documentActions = workbench.actions

/** The documents that are open in this window. */
export const tabs = workbench.tabs
export const useTabs = <T>(select: (state: TabsState) => T): T => useStore(workbench.tabs.store, select)

/** The stores themselves, for what reads or listens outside React. */
export const documentStore = workbench.document
export const runsStore = workbench.runs
export const sessionStore = workbench.session
export const planStore = workbench.plan
export const insightStore = workbench.insight
export const watchesStore = workbench.watches

export const useDocument = <T>(select: (state: DocumentState) => T): T => useStore(documentStore, select)
/** The document as the canvas shows it: a subgraph where a person has entered one. */
export const useShown = <T>(select: (state: DocumentState) => T): T =>
  useStore(documentStore, state => select(shownOf(state)))
export const useRuns = <T>(select: (state: RunsState) => T): T => useStore(runsStore, select)
export const useInsight = <T>(select: (state: InsightState) => T): T => useStore(insightStore, select)
export const usePlan = <T>(select: (state: PlanState) => T): T => useStore(planStore, select)
export const useSession = <T>(select: (state: SessionState) => T): T => useStore(sessionStore, select)

export const useWatches = <T>(select: (state: WatchesState) => T): T => useStore(watchesStore, select)

/** The run that the window shows: the newest of the open document, or one picked from its history. */
export const shownRun = (state: RunsState): RunView | null =>
  (state.shown === null ? undefined : state.views.get(state.shown)) ?? null

// Selectors of one node's part in the shown run, for `useRuns`.
export const trainRun =
  (node: string) =>
  (state: RunsState): TrainRun | null =>
    shownRun(state)?.trains.get(node) ?? null
export const nodeReport = (node: string) => (state: RunsState) => shownRun(state)?.reports.get(node) ?? null
export const isStale =
  (node: string) =>
  (state: RunsState): boolean =>
    state.stale.has(node)

/** Connects, and follows the machine's theme. Once, when the window begins. */
export function startWindow(): void {
  prefersDark().addEventListener('change', () => workbench.followTheme())
  const paint = ({ theme }: SessionState) => {
    document.documentElement.dataset.theme = theme
  }
  paint(sessionStore.getState())
  sessionStore.subscribe(paint)
  tabs.store.subscribe(({ tabs: all }) => {
    if (all.length < 2) sessionStorage.removeItem(TABS)
    else keep(TABS, JSON.stringify(tabs.remembered))
  })
  workbench.start()
}
