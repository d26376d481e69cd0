import type { EvalSlice } from '../graph/compile/eval-slice.ts'
import type { Executable, HostArray } from '../runtime/backend.ts'
import { type DeviceContext, Stopped } from './context.ts'
import { batchArguments } from './devices.ts'
import { type TrainedWeights, uploadWeights, type WeightWires } from './weights.ts'

interface Program {
  readonly executable: Executable
  readonly weights: ReturnType<typeof uploadWeights>
}

/** The compiled slices of one evaluation with the weights they need on the device, each made when first called. */
export class EvaluationPrograms {
  private readonly weights: TrainedWeights
  private readonly wires: WeightWires
  private readonly context: DeviceContext
  private readonly opened = new Map<EvalSlice, Promise<Program>>()

  constructor(weights: TrainedWeights, wires: WeightWires, context: DeviceContext) {
    this.weights = weights
    this.wires = wires
    this.context = context
  }

  /** The results for these batch arguments. Throws `Stopped` where the run is to end. */
  async call(slice: EvalSlice, batch: readonly HostArray[]): Promise<HostArray[]> {
    const how = this.context.stopping()
    if (how) throw new Stopped(how)
    const { executable, weights } = await this.open(slice)
    const uploaded = batch.map(a => this.context.backend.upload(a, 'split'))
    const results = await executable.run([...slice.weights.map(w => weights.get(w.name)!), ...uploaded])
    try {
      return await Promise.all(results.map(r => r.toHost()))
    } finally {
      for (const a of [...uploaded, ...results]) a.free()
    }
  }

  private open(slice: EvalSlice): Promise<Program> {
    let program = this.opened.get(slice)
    if (!program) {
      const { backend } = this.context
      program = backend
        .compile(slice.program, { split: batchArguments(slice.program, slice.batch) })
        .then(executable => ({
          executable,
          weights: uploadWeights(backend, slice.weights, this.weights, this.wires),
        }))
      this.opened.set(slice, program)
    }
    return program
  }

  async free(): Promise<void> {
    for (const opened of this.opened.values()) {
      const program = await opened.catch(() => undefined)
      for (const w of program?.weights.values() ?? []) w.free()
      program?.executable.free()
    }
  }
}
