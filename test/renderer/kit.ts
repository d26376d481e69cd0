import clipJson from '../../graphs/clip-emoji.json' with { type: 'json' }
import { parseGraph } from '../../src/graph/parse.ts'
import { writeGraph } from '../../src/graph/write.ts'
import type { Remembered } from '../../src/renderer/state/actions.ts'
import type { RememberedTabs } from '../../src/renderer/state/tabs.ts'
import { createWorkbench } from '../../src/renderer/state/workbench.ts'
import { FakeHost } from './fake-host.ts'

export const CLIP = '/graphs/clip-emoji.json'
export const clipText = writeGraph(parseGraph(JSON.stringify(clipJson)).document!)

/** Lets everything that was asked for be answered. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise(done => setImmediate(done))
}

export interface Options {
  readonly host?: FakeHost
  readonly remembered?: Remembered
  readonly tabs?: RememberedTabs
}

/** A window on a host in memory, with the CLIP graph open. */
export async function openWindow({ host = new FakeHost(), remembered, tabs }: Options = {}) {
  if (!host.files.has(CLIP)) host.write(CLIP, clipText)
  const clock = { now: 0, dark: false }
  const kept: Remembered[] = []
  const window = createWorkbench({
    connect: host.connect,
    now: () => clock.now,
    dark: () => clock.dark,
    remembered: () => remembered ?? null,
    remember: shown => kept.push(shown),
    rememberedTabs: () => tabs ?? null,
    said: () => {},
  })
  window.start()
  await settle()
  return {
    ...window,
    host,
    clock,
    kept,
    doc: () => window.document.getState(),
    runsNow: () => window.runs.getState(),
    /** What the host's journal has of the open document. */
    journal: () => host.journals.get(window.document.getState().id!)!,
    toasts: () => window.session.getState().toasts.map(t => t.message),
  }
}
