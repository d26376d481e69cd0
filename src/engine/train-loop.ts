import type { BatchInput } from '../graph/compile/batch-inputs.ts'
import type { TrainStep } from '../graph/compile/train-step.ts'
import type { TrainVariant } from '../graph/compile/train-variant.ts'
import { byteLength } from '../ir/types.ts'
import type { StepEvent } from '../protocol/messages.ts'
import type { Backend, DeviceArray, Executable, HostArray } from '../runtime/backend.ts'
import { hostArray, scalarArray, view } from '../runtime/host-array.ts'

/** Where a loop starts: every array by name. */
export interface LoopState {
  readonly step: number
  readonly weights: ReadonlyMap<string, HostArray>
  readonly optimizer: ReadonlyMap<string, HostArray>
}

/** Gives the arrays of these batch arguments for one step, in their order. */
export type FeedStep = (step: number, inputs: readonly BatchInput[]) => Promise<HostArray[]>

/**
 * The device side of training: weights and optimizer state stay on the device and are donated from one step to
 * the next; each step is one call. While the device works on a step, the host gathers and uploads the next
 * batch and reads the metrics of the step before.
 */
export class TrainLoop {
  private readonly step: TrainStep
  private readonly backend: Backend
  private readonly executables: ReadonlyMap<TrainVariant, Executable>
  private readonly feed: FeedStep
  /** Arguments by name, batch left out. */
  private readonly args = new Map<string, DeviceArray>()
  private next: number
  private inCall = 0
  private inWait = 0
  private prepared: Promise<DeviceArray[]> | undefined

  constructor(
    step: TrainStep,
    backend: Backend,
    executables: ReadonlyMap<TrainVariant, Executable>,
    feed: FeedStep,
    start: LoopState,
    key: readonly [number, number],
    bound: ReadonlyMap<string, HostArray> = new Map(),
  ) {
    this.step = step
    this.backend = backend
    this.executables = executables
    this.feed = feed
    this.next = start.step
    for (const w of step.weights) this.args.set(w.name, backend.upload(start.weights.get(w.name)!))
    for (const s of step.state) {
      const before = s.startsAs === undefined ? undefined : start.weights.get(s.startsAs)
      const zeros: HostArray = { type: s.type, bytes: new Uint8Array(byteLength(s.type)) }
      this.args.set(s.name, backend.upload(start.optimizer.get(s.name) ?? before ?? zeros))
    }
    this.args.set('step', backend.upload(scalarArray('s32', start.step)))
    this.args.set('key', backend.upload(hostArray({ dtype: 'u32', shape: [2] }, key)))
    for (const w of step.bound) this.args.set(w.name, backend.upload(bound.get(w.name)!))
  }

  /** Steps taken so far. */
  get taken(): number {
    return this.next
  }

  /** Milliseconds so far between starting a call of the device and having its metrics. */
  get callMs(): number {
    return this.inCall
  }

  /** Milliseconds so far in which a step could not begin because its batch was not there yet. */
  get waitMs(): number {
    return this.inWait
  }

  private prepare(step: number): Promise<DeviceArray[]> {
    const { batch } = this.step.variantAt(step)
    return this.feed(step, batch).then(arrays => arrays.map(a => this.backend.upload(a, 'split')))
  }

  /**
   * Takes one step and resolves to its metrics. `more`: whether another step will follow, whose batch is then
   * prepared while the device works.
   */
  async advance(node: string, more: boolean): Promise<StepEvent> {
    const at = this.next
    const asked = performance.now()
    const batch = await (this.prepared ?? this.prepare(at))
    this.inWait += performance.now() - asked
    this.prepared = undefined
    const variant = this.step.variantAt(at)
    const executable = this.executables.get(variant)!
    const called = performance.now()
    const results = await executable.run([...variant.args.map(n => this.args.get(n)!), ...batch])
    if (more) {
      this.prepared = this.prepare(at + 1)
      // A failure is raised where the batch is awaited.
      this.prepared.catch(() => {})
    }
    const { kept } = variant
    kept.forEach((name, i) => {
      this.args.set(name, results[i]!)
    })
    this.next = at + 1
    const scalars = results.slice(kept.length)
    const values = await Promise.all(scalars.map(async s => view(await s.toHost())[0]!))
    this.inCall += performance.now() - called
    for (const s of scalars) s.free()
    for (const b of batch) b.free()
    const metrics = Object.fromEntries(variant.metrics.map((name, i) => [name, values[i]!]))
    return { type: 'step', node, step: at, ...metrics }
  }

  /** Runs another program on what the next step will be called with, and takes no step. */
  async inspect(executable: Executable): Promise<DeviceArray[]> {
    this.prepared ??= this.prepare(this.next)
    const { args } = this.step.variantAt(this.next)
    return executable.run([...args.map(n => this.args.get(n)!), ...(await this.prepared)])
  }

  /** Whether the loop holds an argument of this name: a weight, `step`, `key`. */
  has(name: string): boolean {
    return this.args.has(name)
  }

  /** Runs another program on named arguments as they are now, or as `bound` has them, and a batch; takes no step. */
  async look(
    executable: Executable,
    names: readonly string[],
    batch: readonly DeviceArray[],
    bound: ReadonlyMap<string, DeviceArray>,
  ): Promise<HostArray[]> {
    const args = names.map(n => bound.get(n) ?? this.args.get(n)!)
    const results = await executable.run([...args, ...batch])
    try {
      return await Promise.all(results.map(r => r.toHost()))
    } finally {
      for (const r of results) r.free()
    }
  }

  /** Copies the whole state to the host. */
  async snapshot(): Promise<LoopState> {
    const read = async (names: readonly string[]) =>
      new Map(await Promise.all(names.map(async n => [n, await this.args.get(n)!.toHost()] as const)))
    return {
      step: this.next,
      weights: await read(this.step.weights.map(w => w.name)),
      optimizer: await read(this.step.state.map(s => s.name)),
    }
  }

  async free(): Promise<void> {
    const batch = await this.prepared?.catch(() => undefined)
    for (const b of batch ?? []) b.free()
    for (const a of this.args.values()) a.free()
    this.args.clear()
  }
}
