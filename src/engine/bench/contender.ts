import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { checkGraph } from '../../graph/check.ts'
import { buildTrainStep, type TrainStep } from '../../graph/compile/train-step.ts'
import type { TrainVariant } from '../../graph/compile/train-variant.ts'
import { threefry } from '../../ir/threefry.ts'
import { byteLength } from '../../ir/types.ts'
import type { OptimizerValue } from '../../nn/optimizers/index.ts'
import { median } from '../../nodes/evaluation/retrieval.ts'
import type { EngineName } from '../../protocol/engine-name.ts'
import type { Backend, Executable, HostArray } from '../../runtime/backend.ts'
import { openBackend } from '../backends.ts'
import type { EngineContext } from '../context.ts'
import { TrainLoop } from '../train-loop.ts'
import { startingValues } from '../weights.ts'
import { type ClipSize, clipBenchGraph } from './clip.ts'

const WARM_UP = 2
const BATCHES = 4

const OPTIMIZER: OptimizerValue = {
  kind: 'adamw',
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-6,
  weightDecay: 0.2,
  schedule: { kind: 'constant', base: 5e-4, warmupSteps: 0, totalSteps: 1, final: 0 },
}

/** What was measured of Diptych's own steps. */
export interface Measured {
  /** Wall time of each step. */
  readonly ms: readonly number[]
  /**
   * Median share of a step's time in which the host's thread did anything at all (argument lists, the next batch's
   * upload, metrics), also where the device worked at the same time: more than what a step really spends
   * outside the XLA call, and measured on the host's side rather than by what a call is said to take.
   */
  readonly outside: number
}

/** Diptych in its own benchmark: the training loop that runs use, on random batches. */
export class Contender {
  readonly versions: Readonly<Record<string, string>>
  private readonly backend: Backend
  private readonly executable: Executable
  private readonly loop: TrainLoop
  private readonly ms: number[] = []
  private readonly outside: number[] = []

  private constructor(backend: Backend, executable: Executable, loop: TrainLoop) {
    this.backend = backend
    this.executable = executable
    this.loop = loop
    this.versions = { node: process.versions.node, engine: backend.fingerprint }
  }

  /** Compiles the step and takes the first steps, which are not measured. */
  static async start(size: ClipSize, context: EngineContext, engine: EngineName = 'xla'): Promise<Contender> {
    const graph = checkGraph(clipBenchGraph(size), context.registry)
    const step = buildTrainStep(graph, 'train', [OPTIMIZER])
    const backend = await openBackend(engine, {
      cacheDir: context.cacheDir,
      warn: message => context.emit({ type: 'log', level: 'warning', message }),
    })
    try {
      context.emit({ type: 'log', level: 'info', message: 'compiling the step' })
      const variant = step.variantAt(0)
      const executable = await backend.compile(variant.program, { donate: variant.donate })
      const loop = startLoop(step, size, backend, new Map([[variant, executable]]))
      const contender = new Contender(backend, executable, loop)
      for (let i = 0; i < WARM_UP; i++) await contender.loop.advance('train', true)
      return contender
    } catch (e) {
      backend.close()
      throw e
    }
  }

  async steps(n: number): Promise<void> {
    const { loop } = this
    for (let i = 0; i < n; i++) {
      const called = loop.callMs
      // The busy time is taken within the wall time, so that it can never be the longer of the two.
      const from = performance.now()
      const busy: EventLoopUtilization = performance.eventLoopUtilization()
      await loop.advance('train', true)
      const active = performance.eventLoopUtilization(busy).active
      const wall = performance.now() - from
      this.ms.push(wall)
      this.outside.push(Math.max(active, wall - (loop.callMs - called)) / wall)
    }
  }

  measured(): Measured {
    return { ms: this.ms, outside: median(this.outside) }
  }

  async close(): Promise<void> {
    await this.loop.free()
    this.executable.free()
    this.backend.close()
  }
}

function startLoop(
  step: TrainStep,
  size: ClipSize,
  backend: Backend,
  executables: ReadonlyMap<TrainVariant, Executable>,
): TrainLoop {
  const batches = Array.from({ length: BATCHES }, (_, i) =>
    step.batch.map(b => randomBatch(b.raw, b.type, i, size)),
  )
  const weights = startingValues(step.weights, 0, undefined)
  const feed = async (at: number): Promise<HostArray[]> => batches[at % BATCHES]!
  return new TrainLoop(step, backend, executables, feed, { step: 0, weights, optimizer: new Map() }, [0, 0])
}

/** Seeded bytes for pictures; ids below the vocabulary with the end of each text in range. */
function randomBatch(raw: string, type: HostArray['type'], index: number, size: ClipSize): HostArray {
  const bytes = new Uint8Array(byteLength(type))
  const words = new Uint32Array(bytes.buffer)
  for (let i = 0; i < words.length; i++) {
    const [bits] = threefry(index, 0, i, 0)
    words[i] =
      raw === 'pixels' ? bits : raw === 'ids' ? bits % size.vocabulary : 4 + (bits % (size.length - 4))
  }
  return { type, bytes }
}
