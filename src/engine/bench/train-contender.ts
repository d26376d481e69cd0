import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import type { TrainStep } from '../../graph/compile/train-step.ts'
import { median } from '../../nodes/evaluation/retrieval.ts'
import type { Backend, Executable, HostArray } from '../../runtime/backend.ts'
import type { EngineContext } from '../context.ts'
import { TrainLoop } from '../train-loop.ts'
import type { Contender, Fact, Setup } from './contender.ts'
import { inputArrays, parametersOf, startingWeights } from './inputs.ts'

const WARM_UP = 2

/** A training step as a benchmark: the training loop that runs use, on `batches` that come round again. */
export function trainSetup(step: TrainStep, batches: readonly (readonly HostArray[])[]): Setup {
  const weights = startingWeights(step.weights)
  const names = step.batch.map(b => b.name)
  return {
    arrays: new Map([...weights, ...inputArrays(names, batches)]),
    parameters: parametersOf(step.weights),
    start: (backend, context) => TrainContender.start(step, weights, batches, backend, context),
  }
}

class TrainContender implements Contender {
  readonly first: number
  private readonly executable: Executable
  private readonly loop: TrainLoop
  private readonly outside: number[] = []

  private constructor(executable: Executable, loop: TrainLoop, first: number) {
    this.executable = executable
    this.loop = loop
    this.first = first
  }

  static async start(
    step: TrainStep,
    weights: ReadonlyMap<string, HostArray>,
    batches: readonly (readonly HostArray[])[],
    backend: Backend,
    context: EngineContext,
  ): Promise<TrainContender> {
    context.emit({ type: 'log', level: 'info', message: 'compiling the step' })
    const variant = step.variantAt(0)
    const executable = await backend.compile(variant.program, { donate: variant.donate })
    const feed = async (at: number): Promise<HostArray[]> => [...batches[at % batches.length]!]
    const start = { step: 0, weights, optimizer: new Map<string, HostArray>() }
    const loop = new TrainLoop(step, backend, new Map([[variant, executable]]), feed, start, [0, 0])
    const { 'train/loss': first } = await loop.advance('train', true)
    for (let i = 1; i < WARM_UP; i++) await loop.advance('train', true)
    return new TrainContender(executable, loop, first!)
  }

  async calls(n: number): Promise<readonly number[]> {
    const { loop } = this
    const ms: number[] = []
    for (let i = 0; i < n; i++) {
      const called = loop.callMs
      // The busy time is taken within the wall time, so that it can never be the longer of the two.
      const from = performance.now()
      const busy: EventLoopUtilization = performance.eventLoopUtilization()
      await loop.advance('train', true)
      const active = performance.eventLoopUtilization(busy).active
      const wall = performance.now() - from
      ms.push(wall)
      this.outside.push(Math.max(active, wall - (loop.callMs - called)) / wall)
    }
    return ms
  }

  /**
   * Median share of a step's time in which the host's thread did anything at all (argument lists, the next batch's
   * upload, metrics), also where the device worked at the same time: more than what a step really spends
   * outside the XLA call, and measured on the host's side rather than by what a call is said to take.
   */
  facts(): readonly Fact[] {
    const value = median(this.outside)
    const text = `outside the XLA call: ${(value * 100).toFixed(2)} % of a step`
    return [{ name: 'outside_xla', value, text }]
  }

  async close(): Promise<void> {
    await this.loop.free()
    this.executable.free()
  }
}
