import type { CheckedGraph } from '../../graph/check.ts'
import type { RunInfo } from '../../protocol/workbench.ts'
import { isLive } from '../state/run-reducer.ts'
import type { Connection, RunView, TrainRun } from '../state/types.ts'

/** What a control does now; `off`: why it can't. */
export interface Control {
  readonly label: string
  readonly hint: string
  readonly off: string | false
}

export interface Controls {
  readonly run: Control
  /** Pause or Resume, whichever makes sense. */
  readonly hold: Control & { readonly action: 'pause' | 'resume' | 'continue' }
  readonly step: Control & { readonly action: 'step' | 'start' }
  readonly back: Control
  readonly stop: Control & { readonly action: 'stop' | 'cancel' | 'remove' }
}

export interface ControlsInput {
  readonly checked: CheckedGraph
  readonly empty: boolean
  readonly connection: Connection
  readonly run: RunView | null
}

/** Why the graph can't run now, for a person; false where it can. */
export function whyNotRun({ checked, empty, connection }: ControlsInput): string | false {
  if (connection.state !== 'open') return 'Diptych is not connected'
  if (empty) return 'The graph is empty: add a node from the left'
  if (checked.ok) return false
  const errors = checked.diagnostics.filter(d => d.severity === 'error')
  const [first] = errors
  const place = first?.node === undefined ? '' : `${first.node}: `
  const count = errors.length === 1 ? '1 problem to solve first' : `${errors.length} problems to solve first`
  return `${count}\n${place}${first?.message ?? ''}`
}

export function controlsOf(input: ControlsInput): Controls {
  const off = whyNotRun(input)
  const info = input.run?.info ?? null
  const live = info !== null && (isLive(info) || info.state === 'waiting')
  return {
    run: live
      ? { label: 'Queue', hint: 'Queue the graph as it is now, to run next', off }
      : { label: 'Run', hint: 'Run the graph: train, then evaluate', off },
    hold: hold(info, input),
    step: step(info, off),
    back: back(input.run),
    stop: stop(info),
  }
}

const NOTHING = 'Nothing is running'

function hold(info: RunInfo | null, { run, connection }: ControlsInput): Controls['hold'] {
  const pause = { label: 'Pause', hint: 'Hold the run before its next step', action: 'pause' } as const
  const resume = { label: 'Resume', hint: 'Let the run go on', action: 'resume' } as const
  switch (info?.state) {
    case 'running':
      return { ...pause, off: false }
    case 'pausing':
      return { ...resume, off: false }
    case 'paused':
      return { ...resume, off: false }
    case 'stopping':
      return { ...pause, off: 'The run is stopping' }
    case 'waiting':
      if (!info.held) return { ...pause, off: 'The run waits for its turn' }
      return {
        ...resume,
        hint: 'Let it run: since Diptych was started again it has waited for a word',
        action: 'continue',
        off: connection.state === 'open' ? false : 'Diptych is not connected',
      }
    case 'stopped':
    case 'interrupted':
    case 'failed':
      if (!info.resumable || run?.foreign) return { ...pause, off: NOTHING }
      return {
        label: 'Resume',
        hint: `Go on from ${checkpointOf(run)}`,
        action: 'continue',
        off: connection.state === 'open' ? false : 'Diptych is not connected',
      }
    default:
      return { ...pause, off: NOTHING }
  }
}

/** `step 200`, or what is known. */
export function checkpointOf(run: RunView | null): string {
  const last = run?.checkpoints.at(-1)
  return last ? `step ${last.step}` : 'its newest checkpoint'
}

function step(info: RunInfo | null, off: string | false): Controls['step'] {
  const one = { label: 'Step', hint: 'Take one step and hold again', action: 'step' } as const
  switch (info?.state) {
    case 'paused':
    case 'pausing':
      return { ...one, off: false }
    case 'running':
      return { ...one, hint: 'Hold after the next step', off: false }
    case 'stopping':
      return { ...one, off: 'The run is stopping' }
    case 'waiting':
      return { ...one, off: 'The run waits for its turn' }
    default:
      return { label: 'Step', hint: 'Start, and hold before the first step', action: 'start', off }
  }
}

/** The Train whose steps are taken now: the one that runs, else the last that began. */
export function steppedTrain(run: RunView | null): TrainRun | undefined {
  if (!run || !isLive(run.info)) return undefined
  const trains = [...run.trains.values()]
  return trains.findLast(t => run.nodes.get(t.node)?.state === 'running')
}

function back(run: RunView | null): Control {
  const one = { label: 'Back', hint: 'Go back one step, and hold there' }
  if (!run || !isLive(run.info)) return { ...one, off: NOTHING }
  if (run.info.state === 'stopping') return { ...one, off: 'The run is stopping' }
  const train = steppedTrain(run)
  if (!train) return { ...one, off: 'No training is under way' }
  return { ...one, off: train.taken === 0 ? 'No step was taken yet' : false }
}

function stop(info: RunInfo | null): Controls['stop'] {
  const keep = { label: 'Stop', hint: 'Commit a checkpoint and stop', action: 'stop' } as const
  switch (info?.state) {
    case 'running':
    case 'pausing':
    case 'paused':
      return { ...keep, off: false }
    case 'stopping':
      return { label: 'Stop', hint: 'Stop now, without a checkpoint', action: 'cancel', off: false }
    case 'waiting':
      return { label: 'Stop', hint: 'Take the run out of the queue', action: 'remove', off: false }
    default:
      return { ...keep, off: NOTHING }
  }
}
