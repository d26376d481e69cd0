import { DataError } from '../data/error.ts'
import {
  type FiniteFlags,
  finiteFlags,
  firstNonFinite,
  inputFlags,
  type NonFiniteSource,
} from '../ir/passes/finite-flags.ts'
import type { Input, Program, Var } from '../ir/program.ts'
import { showType } from '../ir/types.ts'
import type { StepEvent } from '../protocol/messages.ts'
import type { Executable } from '../runtime/backend.ts'
import { type EngineContext, progressOf } from './context.ts'
import { NodeFailure } from './node-failure.ts'
import type { LoopState, TrainLoop } from './train-loop.ts'

/** A metric of a step that is not a number: the loss never recovers from one. */
export class NonFiniteMetric extends Error {
  override readonly name = 'NonFiniteMetric'
  readonly event: StepEvent
  readonly metric: string
  constructor(event: StepEvent, metric: string) {
    super(`${metric} became ${metricOf(event, metric)} at step ${event.step} of "${event.node}"`)
    this.event = event
    this.metric = metric
  }
}

const metricOf = (event: StepEvent, metric: string): number => event[metric as `train/${string}`]!

/** Throws a `NonFiniteMetric` where a metric of a step is not a number. */
export function refuseNonFinite(event: StepEvent): void {
  for (const metric of Object.keys(event))
    if (metric.startsWith('train/') && !Number.isFinite(metricOf(event, metric)))
      throw new NonFiniteMetric(event, metric)
}

/** How a Train's steps are made again: what a step computes depends on its number and the state alone. */
export interface Replay {
  /** States to go on from: the newest committed checkpoint where there is one, then the stage's start. */
  readonly starts: () => Promise<readonly LoopState[]>
  /** The program that makes a step. */
  readonly program: (step: number) => Program
  /** Whether an input of that program comes from the data. */
  readonly isData: (name: string) => boolean
  /** Compiles a program with the inputs of the one that makes a step. */
  readonly compile: (program: Program) => Promise<Executable>
  /** A loop that goes on from a state; `close` frees it with what it was compiled to. */
  readonly open: (
    state: LoopState,
  ) => Promise<{ readonly loop: TrainLoop; readonly close: () => Promise<void> }>
  /** Where the run's checkpoints of this stage are. */
  readonly checkpoints: string
}

/** A value that is not finite: in which step, and where it comes from. */
interface Found {
  readonly step: number
  readonly source: NonFiniteSource
}

/**
 * Raises what training raised. Where that was a metric that is not a number, the steps from the newest checkpoint are
 * made again up to the one that failed, which is then run with a flag for each value: the error is on the node whose
 * value was the first that is not finite.
 */
export async function explainNonFinite(
  error: unknown,
  replay: Replay,
  context: EngineContext,
): Promise<never> {
  if (!(error instanceof NonFiniteMetric)) throw error
  const train = error.event.node
  const after = `Earlier checkpoints are in ${replay.checkpoints}.`
  let found: Found | undefined
  let unseen = ''
  try {
    found = await locate(error, replay, context)
    if (!found) unseen = ' Made again with all its values watched, the step had none that is not finite.'
  } catch (e) {
    const why = e instanceof Error ? e.message : String(e)
    const message = `the step could not be made again to see where it came from: ${why}`
    context.emit({ type: 'log', level: 'warning', node: train, message })
  }
  if (!found) throw new DataError(`${error.message}.${unseen} ${OUTGROWN} ${after}`)
  const { node, text } = told(found, error, replay)
  throw new NodeFailure(node ?? train, new DataError(`${error.message}. ${text} ${after}`))
}

async function locate(
  { event, metric }: NonFiniteMetric,
  replay: Replay,
  context: EngineContext,
): Promise<Found | undefined> {
  const program = replay.program(event.step)
  const target = program.outputs.find(o => o.name === metric)!.value
  const starts = await replay.starts()
  for (const start of starts) {
    const bad = await firstBadState(start, event, replay, context)
    // A checkpoint that has it already: it comes from before.
    if (bad?.step === start.step && start !== starts.at(-1)) continue
    if (!bad) return within(start, event.step, () => [target], event.node, replay, context)
    if (bad.step === start.step) return { step: start.step, source: { input: bad.inputs[0]! } }
    const made = (p: Program) =>
      p.outputs.filter(o => bad.inputs.some(i => i.name === o.name)).map(o => o.value)
    return within(start, bad.step - 1, made, event.node, replay, context)
  }
  return undefined
}

/** The first step that starts with weights or state that are not finite, up to the one that failed. */
async function firstBadState(
  start: LoopState,
  event: StepEvent,
  replay: Replay,
  context: EngineContext,
): Promise<{ readonly step: number; readonly inputs: readonly Input[] } | undefined> {
  const progress = progressOf(event.node, context)
  const looks = new Map<Program, { readonly flags: FiniteFlags; readonly executable: Executable }>()
  const look = async (program: Program) => {
    const flags = inputFlags(program)
    const made = { flags, executable: await replay.compile(flags.program) }
    looks.set(program, made)
    return made
  }
  const { loop, close } = await replay.open(start)
  try {
    for (let step = start.step; ; step++) {
      context.signal.throwIfAborted()
      progress('finding the first value that is not finite', step - start.step, event.step - start.step)
      const program = replay.program(step)
      const { flags, executable } = looks.get(program) ?? (await look(program))
      const bad = await flagged(loop, executable, flags)
      const inputs = program.inputs.filter(i => bad.has(i.value) && !replay.isData(i.name))
      if (inputs.length > 0) return { step, inputs }
      if (step === event.step) return undefined
      await loop.advance(event.node, true)
    }
  } finally {
    for (const { executable } of looks.values()) executable.free()
    await close()
  }
}

/** Makes one step of a replay with a flag for each value; where some of its outputs come from. */
async function within(
  start: LoopState,
  step: number,
  targets: (program: Program) => readonly Var[],
  train: string,
  replay: Replay,
  context: EngineContext,
): Promise<Found | undefined> {
  const program = replay.program(step)
  const { loop, close } = await replay.open(start)
  try {
    while (loop.taken < step) await loop.advance(train, true)
    const wanted = targets(program)
    const flags = finiteFlags(program, wanted)
    const what = `compiling step ${step} with a flag for each value`
    context.emit({ type: 'progress', node: train, what, done: 0, total: 0 })
    const executable = await replay.compile(flags.program)
    try {
      const bad = await flagged(loop, executable, flags)
      const source = firstNonFinite(program, bad, wanted)
      return source && { step, source }
    } finally {
      executable.free()
    }
  } finally {
    await close()
  }
}

/** The watched values that are not finite in the step that the loop would take next. */
async function flagged(loop: TrainLoop, executable: Executable, { watched }: FiniteFlags): Promise<Set<Var>> {
  const [result] = await loop.inspect(executable)
  const { bytes } = await result!.toHost()
  result!.free()
  return new Set(watched.filter((_, i) => bytes[i] === 0))
}

const OUTGROWN = 'The numbers outgrew their type: try a lower learning rate, a longer warm-up, or clipNorm.'

/** What to do about a primitive whose result is not finite although its operands are. */
const HINTS: Readonly<Record<string, string>> = {
  div: 'A division by zero, or a quotient too large: keep the divisor away from zero, for example by adding 1e-6.',
  exp: 'e^x outgrows f32 above x = 88: bound x, for example by subtracting its largest value.',
  log: 'The logarithm of zero or of a negative number: keep its operand above zero, for example by adding 1e-6.',
  log1p: 'The logarithm of zero or of a negative number: keep its operand above -1.',
  pow: 'A power that is not real or too large: bound its base and its exponent.',
  rsqrt: 'The inverse square root of zero or of a negative number: add 1e-6 to its operand.',
  sqrt: 'The square root of a negative number, or its gradient at zero: add 1e-6 to its operand.',
}

function told(
  { step, source }: Found,
  { event, metric }: NonFiniteMetric,
  replay: Replay,
): { node?: string; text: string } {
  const when = step === event.step ? 'in that step' : `in step ${step}`
  if ('input' in source) {
    const { name, value } = source.input
    const what = `${name}, ${showType(value.type)}`
    if (replay.isData(name))
      return {
        node: name.split('.')[0],
        text: `The data is the first that is not finite ${when}: ${what}. Look at the rows that it comes from.`,
      }
    return {
      text: `A weight or its state was not finite where training began: ${what}. Resume from an earlier checkpoint, or start from other weights.`,
    }
  }
  const { equation, index, finite } = source
  const operands = equation.ins.map(v => showType(v.type)).join(' and ')
  const results = equation.outs.map(v => showType(v.type)).join(' and ')
  const program = replay.program(step)
  const forward = index <= lossIndex(program)
  const part = forward ? 'the forward pass' : equation.origin === event.node ? 'the update' : 'the gradient'
  const node = equation.origin ?? undefined
  const whose = node ? ` of "${node}"` : ''
  const known = finite ? 'finite' : 'a constant that is not finite'
  const given = equation.ins.length
    ? `, from ${operands}, ${finite ? 'all finite' : `among them ${known}`}`
    : ''
  const hint = (finite && HINTS[equation.prim.name]) || OUTGROWN
  const reached = step === event.step ? '' : ` It reached ${metric} by way of the weights.`
  return {
    node,
    text: `The first value that is not finite ${when} is ${equation.prim.name}${whose} in ${part}: ${results}${given}.${reached} ${hint}`,
  }
}

/** The place of the equation that makes the last loss: what comes after it is its gradient. */
function lossIndex(program: Program): number {
  const losses = new Set(program.outputs.filter(o => o.name.startsWith('train/loss')).map(o => o.value))
  return program.equations.findLastIndex(eq => eq.outs.some(v => losses.has(v)))
}
