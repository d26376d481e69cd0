import type { EnqueueOptions } from '../../protocol/workbench.ts'
import { documentStore, runsStore, sessionStore, shownRun } from '../state/index.ts'
import { openDialog } from './dialog-store.ts'
import { type Controls, controlsOf } from './run-controls.ts'

/** The controls as they are now, outside React. */
export function controlsNow(): Controls {
  const { checked, document } = documentStore.getState()
  const empty = Object.keys(document.nodes).length === 0
  const { connection } = sessionStore.getState()
  return controlsOf({ checked, empty, connection, run: shownRun(runsStore.getState()) })
}

export async function runGraph(options: Partial<EnqueueOptions> = {}): Promise<void> {
  const { off } = controlsNow().run
  if (off) sessionStore.getState().notify(off, 'bad')
  else await runsStore.getState().start(options)
}

export async function hold(): Promise<void> {
  const { off, action } = controlsNow().hold
  const { control, goOn, shown } = runsStore.getState()
  if (off) return
  if (action !== 'continue') await control(action)
  else if (shown !== null) await goOn(shown)
}

export async function step(): Promise<void> {
  const { off, action } = controlsNow().step
  if (off) return
  if (action === 'start') await runGraph({ paused: true })
  else await runsStore.getState().control('step', 1)
}

/** Takes some steps and holds again, as `step` does, or goes back some and holds there. */
export async function move(action: 'step' | 'back', steps: number): Promise<void> {
  const controls = controlsNow()
  if (action === 'step' && (controls.step.off || controls.step.action === 'start')) return step()
  if (!controls[action].off) await runsStore.getState().control(action, steps)
}

/** Goes to where this many steps are taken, backwards or forwards, and holds there. */
export const seek = (steps: number): Promise<void> => runsStore.getState().control('seek', steps)

/** Asks at which step, and with which graph, another run is to begin with the shown one. */
export function forkShown(): void {
  const run = shownRun(runsStore.getState())
  const { notify } = sessionStore.getState()
  if (!run) notify('There is no run to fork yet', 'bad')
  else if (run.foreign) notify('What came in a bundle has no states to fork: run the graph', 'bad')
  else openDialog({ kind: 'fork', run: run.info.id })
}

export async function interrupt(): Promise<void> {
  const { off, action } = controlsNow().stop
  const { control, remove, shown } = runsStore.getState()
  if (off) return
  if (action !== 'remove') await control(action)
  else if (shown !== null) await remove(shown)
}
