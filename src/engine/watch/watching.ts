import { DataError, reason } from '../../data/error.ts'
import type { CheckedGraph } from '../../graph/check.ts'
import { buildWatch, type WatchSlice } from '../../graph/compile/watch-slice.ts'
import { GraphFault } from '../../graph/diagnostic.ts'
import type { Wire } from '../../graph/document.ts'
import type { HostValue } from '../../graph/host.ts'
import type { TrainNode, TrainSettings } from '../../graph/kit.ts'
import { overriddenGraph } from '../../graph/overrides.ts'
import { fieldsOf, type GraphNodes, wireOf } from '../../graph/slice.ts'
import { elementCount } from '../../ir/types.ts'
import type { Edit } from '../../protocol/messages.ts'
import type { Watched, WatchSpec } from '../../protocol/watch.ts'
import type { DeviceArray, Executable, HostArray } from '../../runtime/backend.ts'
import { type DeviceContext, progressOf, Stopped } from '../context.ts'
import { batchArguments } from '../devices.ts'
import type { WithChanges } from '../edits.ts'
import { tokenizerOf } from '../evaluation-rows.ts'
import { type FeedField, openField } from '../feed.ts'
import { refuseTooLarge, stepFacts } from '../step-facts.ts'
import type { OpenStage } from '../train.ts'
import { asDataset } from '../values.ts'
import { boundValue, type WeightWires } from '../weights.ts'
import type { WatchBoard } from './board.ts'
import { picturesAndTexts } from './needs.ts'
import { reveal } from './reveal.ts'
import type { WatchSample } from './sample.ts'

/** Numbers of one watch that are copied from the device, at most. */
const MOST_VALUES = 1 << 26

interface Program {
  readonly slice: WatchSlice
  readonly executable: Executable
  /** Weights that the loop does not hold: those of other wires. */
  readonly bound: ReadonlyMap<string, DeviceArray>
}

/** A Train that can be watched. */
export interface WatchedTrain {
  readonly stage: OpenStage
  readonly graph: CheckedGraph
  readonly withChanges: WithChanges
  readonly values: ReadonlyMap<Wire, HostValue>
  readonly wires: WeightWires
  readonly context: DeviceContext
}

/** What a watch has computed last, and when. */
interface Computed {
  readonly key: string
  readonly step: number
  readonly ms: number
  readonly sample: WatchSample
}

/** A training as it is between two steps. */
export interface Watchable {
  /** Steps that its weights are made of. */
  readonly taken: number
  /** Whether it holds an argument of this name: a weight, `step`, `key`. */
  has(name: string): boolean
  /** Runs another program on named arguments as they are now, or as `bound` has them, and a batch; takes no step. */
  look(
    executable: Executable,
    names: readonly string[],
    batch: readonly DeviceArray[],
    bound: ReadonlyMap<string, DeviceArray>,
  ): Promise<HostArray[]>
}

/** What decides the program and its rows; all else of a watch is how the result is looked at. */
const keyOf = ({ wire, inner, sample }: WatchSpec): string => JSON.stringify([wire, inner, sample])
const programKey = ({ wire, inner, sample }: WatchSpec): string =>
  JSON.stringify([wire, inner, sample === 'next'])

/**
 * Watches one Train: between two steps, and while the run is held, it computes what is asked for with programs of its
 * own, on the weights, step and key that the next step will start with. It writes nothing that training reads.
 */
export class Watching {
  private readonly watched: WatchedTrain
  private readonly board: WatchBoard | undefined
  /** As the Train sees it, with what was edited while it trains. */
  private graph: GraphNodes
  private settings: TrainSettings
  private edits = '[]'
  private readonly programs = new Map<string, Promise<Program>>()
  private readonly computed = new Map<string, Computed>()
  /** By id: the key of what could not be computed. */
  private readonly failed = new Map<string, string>()
  private readonly opened = new Map<Wire, FeedField>()
  private seen = -1

  constructor(watched: WatchedTrain) {
    const { stage, graph, context } = watched
    this.watched = watched
    this.board = context.watches
    this.settings = stage.settings
    this.graph = overriddenGraph(graph, graph.nodes.get(stage.id)!)
  }

  /** Computes with parameters as they were changed up to the step that comes next, from now on. */
  async follow(edits: readonly Edit[]): Promise<void> {
    if (!this.board) return
    const now = JSON.stringify(edits)
    if (now === this.edits) return
    const { graph, withChanges, stage } = this.watched
    const changed = edits.length > 0 ? await withChanges(edits) : graph
    const node = changed.nodes.get(stage.id)!
    this.edits = now
    this.graph = overriddenGraph(changed, node)
    this.settings = (node.def as TrainNode).settings(node.params)
    for (const key of [...this.programs.keys()]) await this.drop(key)
    this.computed.clear()
    this.failed.clear()
  }

  /**
   * Passed before each step and after the last, as the gate is: shows what is due, and all that is asked for while the
   * run is held and on the weights that came of it.
   */
  async pass<T>(loop: Watchable, gate: Promise<T> | T, last: boolean): Promise<T> {
    const { board } = this
    if (!board) return gate
    if (!(gate instanceof Promise)) {
      const isDue = (spec: WatchSpec) =>
        (last || (spec.every > 0 && loop.taken % spec.every === 0)) && !this.hasSeen(spec, loop)
      await this.show(loop, isDue, last)
      return gate
    }
    let isHeld = true as boolean
    const over = gate.finally(() => {
      isHeld = false
    })
    // A hold that fails is raised where it is awaited.
    over.catch(() => {})
    for (let first = true; isHeld; first = false) {
      const version = board.version
      await this.show(loop, spec => first && !this.hasSeen(spec, loop), true)
      if (isHeld) await Promise.race([over, board.changed(version)])
    }
    return over
  }

  async free(): Promise<void> {
    for (const key of [...this.programs.keys()]) await this.drop(key)
    for (const field of this.opened.values()) await field.source.close()
    this.computed.clear()
  }

  /** Computes what is due or was not asked for before; looks again at what is there where only the view has changed. */
  private async show(loop: Watchable, isDue: (spec: WatchSpec) => boolean, waits = false): Promise<void> {
    const { board } = this
    if (!board || (board.all.length === 0 && this.programs.size === 0)) return
    const { version } = board
    const news = this.seen !== version
    if (news) await this.dropUnused(board.all)
    for (const spec of board.all) {
      // A host that lags misses values of a run that goes on; a held run has time.
      if (!board.hasRoom && !waits) return
      await board.room()
      const known = this.computed.get(spec.id)
      const isNew = known?.key !== keyOf(spec)
      // What could not be computed is not tried again at every step.
      const failed = this.failed.get(spec.id) === keyOf(spec)
      if (failed ? news : news || isNew || isDue(spec))
        await this.one(spec, isNew || isDue(spec) ? undefined : known, loop)
    }
    this.seen = version
  }

  /** Between two errands the run stands at the same step, which has the same values. */
  private hasSeen({ id }: WatchSpec, { taken }: Watchable): boolean {
    return this.computed.get(id)?.step === taken
  }

  private async one(spec: WatchSpec, known: Computed | undefined, loop: Watchable): Promise<void> {
    const { id } = this.watched.stage
    const head = { id: spec.id, wire: spec.wire, train: id, spec }
    let answer: Watched
    let bytes = new Uint8Array() as Uint8Array
    try {
      const now = known ?? (await this.compute(spec, loop))
      this.computed.set(spec.id, now)
      this.failed.delete(spec.id)
      const shown = reveal(spec, now.sample, this.graph)
      bytes = shown.bytes
      answer = { ...head, step: now.step, ms: now.ms, value: shown.value }
      if (!known) {
        const { inner, wire } = spec
        const { field, stats } = shown.value
        this.watched.context.emit({ type: 'watch', node: id, wire, inner, field, step: now.step, stats })
      }
    } catch (e) {
      if (e instanceof Stopped) throw e
      // Looking must never end a training, whatever goes wrong.
      this.computed.delete(spec.id)
      this.failed.set(spec.id, keyOf(spec))
      const hint = e instanceof GraphFault && e.place.hint ? `. ${e.place.hint}` : ''
      answer = { ...head, step: loop.taken, ms: 0, problem: `${reason(e)}${hint}` }
    }
    this.board!.send(answer, bytes)
  }

  private async compute(spec: WatchSpec, loop: Watchable): Promise<Computed> {
    const { backend } = this.watched.context
    const { slice, executable, bound } = await this.open(spec, loop)
    const step = loop.taken
    const sampled = spec.sample === 'next' ? step : spec.sample.step
    const { feed: own } = this.watched.stage
    const feed = this.opened.size === 0 ? own : own.with([...this.opened.values()])
    const began = performance.now()
    const batch = (await feed.batch(sampled, slice.batch)).map(a => backend.upload(a, 'split'))
    try {
      const names = [...slice.weights.map(w => w.name), 'step', 'key']
      const values = await loop.look(executable, names, batch, bound)
      const rowNames = (batchId: string): readonly string[] => {
        const size = slice.batch.find(i => i.batch === batchId)?.type.shape[0]
        const taken = size === undefined ? undefined : feed.rowsAt(sampled, batchId, size)
        return taken ? taken.rows.map(r => taken.dataset.table.ids[r]!) : []
      }
      const tokenizer = (wire: Wire) => {
        const field = fieldsOf(this.graph, [wire]).find(f => `${f.batch}.${f.port}` === wire)
        return field && tokenizerOf(this.graph, field, this.watched.values)
      }
      const ms = performance.now() - began
      return { key: keyOf(spec), step, ms, sample: { slice, values, rowNames, tokenizer } }
    } finally {
      for (const a of batch) a.free()
    }
  }

  private open(spec: WatchSpec, loop: Watchable): Promise<Program> {
    const key = programKey(spec)
    let program = this.programs.get(key)
    if (!program) {
      program = this.compile(spec, loop)
      this.programs.set(key, program)
      program.catch(() => this.programs.delete(key))
    }
    return program
  }

  private async compile(spec: WatchSpec, loop: Watchable): Promise<Program> {
    const { stage, context, wires } = this.watched
    const { backend } = context
    const slice = buildWatch({ graph: this.graph, train: stage.id, settings: this.settings }, spec.wire, {
      mode: spec.sample === 'next' ? 'train' : 'eval',
      inner: spec.inner,
      beside: picturesAndTexts(this.graph, spec),
    })
    const count = slice.outputs.reduce((n, o) => n + elementCount(o.type.dims.map(d => d.size)), 0)
    if (count > MOST_VALUES)
      throw new DataError(
        `"${spec.wire}" has ${count} values; up to ${MOST_VALUES} can be looked at. Watch a wire behind it that is smaller.`,
      )
    await this.openFields(spec)
    const missing = slice.weights.find(w => w.role !== 'bound' && !loop.has(w.name))
    if (missing)
      throw new DataError(
        `"${spec.wire}" needs the weight "${missing.name}", which no loss of "${stage.id}" reads: it has no value here.`,
      )
    const { program, batch } = slice
    const executable = await backend.compile(program, { split: batchArguments(program, batch) })
    try {
      refuseTooLarge(stepFacts(program, executable, backend), backend.memory?.())
      const bound = slice.weights
        .filter(w => !loop.has(w.name))
        .map(w => [w.name, backend.upload(boundValue(w, wires))] as const)
      return { slice, executable, bound: new Map(bound) }
    } catch (e) {
      executable.free()
      throw e
    }
  }

  /** Opens Batch fields that are watched and that no loss reads. */
  private async openFields({ wire }: WatchSpec): Promise<void> {
    const { stage, values, context } = this.watched
    for (const ref of fieldsOf(this.graph, [wire])) {
      const at: Wire = `${ref.batch}.${ref.port}`
      if (stage.feed.has(ref.batch, ref.port) || this.opened.has(at)) continue
      const from = wireOf(this.graph.nodes.get(ref.batch)!, 'dataset')!
      const dataset = asDataset(values.get(from))
      const tokenizer = tokenizerOf(this.graph, ref, values)
      const progress = progressOf(ref.batch, context)
      const source = await openField(ref.derivation, dataset, tokenizer, context, progress)
      this.opened.set(at, { ref, source, dataset })
    }
  }

  private async dropUnused(specs: readonly WatchSpec[]): Promise<void> {
    const used = new Set(specs.map(programKey))
    for (const key of [...this.programs.keys()]) if (!used.has(key)) await this.drop(key)
    const ids = new Set(specs.map(s => s.id))
    for (const id of [...this.computed.keys()]) if (!ids.has(id)) this.computed.delete(id)
  }

  private async drop(key: string): Promise<void> {
    const program = await this.programs.get(key)?.catch(() => undefined)
    this.programs.delete(key)
    for (const a of program?.bound.values() ?? []) a.free()
    program?.executable.free()
  }
}
