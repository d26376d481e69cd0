import { join } from 'node:path'
import { breathe } from '../data/parallel.ts'
import type { GraphTrainStep, TrainStep } from '../graph/compile/train-step.ts'
import { elementCount } from '../ir/types.ts'
import type { Edit, ParamChange, StepEvent } from '../protocol/messages.ts'
import { writeCheckpoint } from './checkpoint.ts'
import { Stopped } from './context.ts'
import type { Errand } from './control.ts'
import { refusalOf } from './edits.ts'
import { explainNonFinite, refuseNonFinite } from './non-finite.ts'
import { bytesOfStates, Snapshots } from './snapshots.ts'
import { type Earliest, Stepper } from './stepper.ts'
import type { LoopState } from './train-loop.ts'
import { compileStage, replayOf, type TrainStage } from './train-stage.ts'
import type { Watching } from './watch/watching.ts'

/** Steps that one event holds, at most. */
const RUN = 500

/** How a person can steer the steps. */
export interface Steering {
  readonly steps: number
  readonly checkpointEvery: number
  /** Of memory for states to go back to; with 0 there are only checkpoints and the earliest. */
  readonly snapshotBytes: number
  readonly earliest: Earliest
  /** What was changed before the run was resumed; the stage's steps have it. */
  readonly edits: readonly Edit[]
  /** Hash of what made the steps before a fork, where that was not this stage. */
  readonly origin?: string
  readonly fork?: { readonly run: string; readonly step: number }
  /** Metrics of the steps before a fork, to be told with its beginning. */
  readonly inherited?: readonly StepEvent[]
  /** The steps with other parameters; throws where they can't be changed. */
  readonly change: (changes: readonly ParamChange[]) => Promise<GraphTrainStep>
  /** A parameter as the run began. */
  readonly valueBefore: (node: string, param: string) => unknown
  readonly watching: Watching
}

export interface Taken {
  readonly state: LoopState
  readonly edits: readonly Edit[]
}

/**
 * Compiles a stage and takes its steps from a state to the last, held, stepped, taken back, edited and stopped as a
 * person wishes; commits checkpoints on the way and at the end.
 */
export async function takeSteps(first: TrainStage, start: LoopState, steering: Steering): Promise<Taken> {
  // Made again where a number is not finite: from the last edit on, since which one program makes all steps.
  let replay = replayOf(first, start)
  try {
    return await steer(first, start, steering, (stage, from) => {
      replay = replayOf(stage, from)
    })
  } catch (e) {
    return explainNonFinite(e, replay, first.context)
  }
}

async function steer(
  first: TrainStage,
  start: LoopState,
  steering: Steering,
  changed: (stage: TrainStage, from: LoopState) => void,
): Promise<Taken> {
  const { id, key, run, context } = first
  const { steps, checkpointEvery, watching } = steering
  const before = performance.now()
  context.emit({ type: 'progress', node: id, what: 'compiling', done: 0, total: 0 })
  const { executables, facts } = await compileStage(first)
  context.emit({
    type: 'train',
    node: id,
    steps,
    firstStep: start.step,
    parameters: parameterCount(first.step),
    compileSeconds: (performance.now() - before) / 1000,
    fromCache: [...executables.values()].every(e => e.fromCache),
    facts,
    fork: steering.fork,
  })
  if (steering.inherited) {
    for (const steps of inRuns(steering.inherited)) context.emit({ type: 'inherited', node: id, steps })
    const path = join(run.checkpoints(id), `step-${start.step}`)
    context.emit({ type: 'checkpoint', node: id, step: start.step, path })
  }
  const snapshots = new Snapshots(steering.snapshotBytes, bytesOfStates(first.step))
  const stepper = new Stepper(first, executables, start, snapshots, steering.earliest)
  context.persistWith(() => run.flush(id))
  let { edits } = steering
  /** The latest step that a checkpoint was committed of. */
  let committed = start.step

  const commit = async () => {
    const state = await stepper.snapshot()
    await run.flush(id, true)
    const path = await writeCheckpoint(run.checkpoints(id), {
      train: id,
      step: state.step,
      key,
      edits: edits.filter(e => e.step <= state.step),
      origin: steering.origin,
      weights: state.weights,
      optimizer: state.optimizer,
    })
    committed = Math.max(committed, state.step)
    context.emit({ type: 'checkpoint', node: id, step: state.step, path })
    return state
  }

  /** The programs with some changes; undefined, and said why, where they can't be made. */
  const compileChanged = async (active: readonly Edit[], changes: readonly ParamChange[]) => {
    try {
      const stage = { ...first, step: await steering.change([...active, ...changes]) }
      context.emit({ type: 'progress', node: id, what: 'compiling with what was changed', done: 0, total: 0 })
      return { stage, executables: (await compileStage(stage)).executables }
    } catch (e) {
      context.emit({ type: 'log', level: 'warning', ...refusalOf(e, changes) })
      return undefined
    }
  }

  const edit = async (changes: readonly ParamChange[]) => {
    const at = stepper.taken
    const active = edits.filter(e => e.step <= at)
    const compiled = await compileChanged(active, changes)
    if (!compiled) return
    await stepper.change(compiled.stage, compiled.executables)
    await run.leaveBehind(id, at)
    edits = [...active, ...changes.map(c => ({ step: at, ...c }))]
    committed = Math.min(committed, at)
    await run.edited(id, edits)
    const told = changes.map(c => {
      const last = active.findLast(e => e.node === c.node && e.param === c.param)
      return { ...c, before: last ? last.value : (steering.valueBefore(c.node, c.param) ?? null) }
    })
    context.emit({ type: 'edited', node: id, step: at, changes: told })
    // So that a run that is resumed from here has the edit.
    changed(compiled.stage, await commit())
  }

  /** Weights whose owner was told that they get no gradient. */
  const warned = new Set<string>()
  const warn = (names: readonly string[], why: string) => {
    for (const [node, some] of byNode(names.filter(name => !warned.has(name)))) {
      for (const name of some) warned.add(name)
      const which = some.length === 1 ? `the weight ${some[0]} gets` : `${some.length} weights get`
      const list = some.length === 1 ? '' : ` (${some.slice(0, 3).join(', ')}${some.length > 3 ? ', …' : ''})`
      context.emit({ type: 'log', level: 'warning', node, message: `${which} no gradient${list}: ${why}` })
    }
  }
  const look = async () => {
    if (stepper.taken === steps) {
      const message = 'All steps are taken: go back one to look at the weights of a step.'
      context.emit({ type: 'log', level: 'warning', node: id, message })
      return
    }
    const step = stepper.taken
    const weights = await stepper.weightNorms()
    context.emit({ type: 'weights', node: id, step, weights })
    const still = weights.filter(w => w.gradient === 0).map(w => w.name)
    warn(still, `on step ${step} it is 0 throughout. Look at what lies between it and the loss.`)
  }

  const doErrand = async (errand: Errand) => {
    switch (errand.do) {
      case 'hash':
        context.emit({ type: 'state', node: id, step: stepper.taken, hash: await stepper.hash() })
        return
      case 'commit':
        await commit()
        return
      case 'weights':
        await look()
        return
      case 'go':
        errand.again(await stepper.restore(Math.min(Math.max(0, errand.to), steps)))
        return
      case 'edit':
        await edit(errand.changes)
    }
  }

  const held = () => ({ kept: stepper.kept, reached: stepper.reached })
  const keep = () => stepper.keep()
  /** Passes the gate, having done what is asked there. */
  const pass = async () => {
    for (;;) {
      const place = { step: stepper.taken, last: stepper.taken === steps, held, keep }
      await context.guests?.serve()
      await watching.follow(edits.filter(e => e.step <= stepper.taken))
      const errand = await watching.pass(stepper, context.gate(id, place), place.last)
      const how = context.stopping()
      if (how) {
        if (how === 'checkpoint' && committed < stepper.taken) await commit()
        throw new Stopped(how)
      }
      if (!errand) return
      await doErrand(errand)
    }
  }

  const why = `no loss of "${id}" passes one back that far. Freeze what is not to be trained, or wire the loss that trains it.`
  warn(first.step.unreached, why)
  try {
    await pass()
    while (stepper.taken < steps) {
      const event = await stepper.advance(stepper.taken + 1 < steps)
      if (event) {
        refuseNonFinite(event)
        run.metric(event)
        context.emit(event)
      }
      // Where a step is pure computation, stops and controls would never be heard.
      await breathe()
      await context.room()
      const { taken } = stepper
      if (event && checkpointEvery > 0 && taken % checkpointEvery === 0 && taken < steps) await commit()
      await pass()
    }
    return { state: await commit(), edits }
  } finally {
    await watching.free()
    await run.flush(id)
    await stepper.free()
  }
}

/** In runs of at most so many as one event holds. */
const inRuns = (steps: readonly StepEvent[]): (readonly StepEvent[])[] =>
  Array.from({ length: Math.ceil(steps.length / RUN) }, (_, i) => steps.slice(RUN * i, RUN * (i + 1)))

/** Weights by the node that they belong to. */
function byNode(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const name of names) {
    const node = name.slice(0, Math.max(0, name.indexOf('/')))
    found.set(node, [...(found.get(node) ?? []), name])
  }
  return found
}

/** How many numbers a stage's weights have, state and averages left out. */
const parameterCount = ({ weights }: TrainStep): number =>
  weights.reduce((n, w) => (w.role === 'weight' ? n + elementCount(w.shape) : n), 0)
