import type { CheckedGraph, Schemas } from '../../graph/check.ts'
import type { GraphCommand } from '../../graph/commands.ts'
import type { Diagnostic } from '../../graph/diagnostic.ts'
import type { GraphDocument, Wire } from '../../graph/document.ts'
import type { Report } from '../../graph/host.ts'
import type { ParamChange, StepFacts, WeightNorms } from '../../protocol/messages.ts'
import type {
  EngineState,
  EnqueueOptions,
  Lease,
  PluginState,
  RunAction,
  RunInfo,
  Settings,
  Welcome,
} from '../../protocol/workbench.ts'

/** A wire as its consumer names it: the input, and which producer feeds it. */
export interface WireRef {
  readonly node: string
  readonly port: string
  readonly from: Wire
}

export interface Selection {
  readonly nodes: readonly string[]
  readonly wire: WireRef | null
}

/** The open document: the window owns it, the host journals it. */
export interface DocumentState {
  /** The host's name for it; null until one is open. */
  readonly id: string | null
  readonly path: string | null
  readonly version: string | null
  readonly lease: Lease
  readonly document: GraphDocument
  /** What the checker says of `document`; follows every edit at once. */
  readonly checked: CheckedGraph
  /** Diagnostics by node id, those of the whole file under ''. */
  readonly faults: ReadonlyMap<string, readonly Diagnostic[]>
  /** Columns of the sources; `pending` while the engine reads them. */
  readonly schemas: Schemas
  readonly selection: Selection
  /** The nodes through which a person has entered subgraphs; empty for the graph itself. */
  readonly scope: readonly string[]
  /** Edited since it was opened or saved. */
  readonly dirty: boolean
  readonly canUndo: boolean
  readonly canRedo: boolean
  /** What undo would take back, for the menu: "Move node". */
  readonly undoLabel: string | null
  readonly redoLabel: string | null

  /** Someone else wrote the file since; null while nobody has. `version` null: it is gone. */
  readonly changedOnDisk: { readonly version: string | null } | null
  /** How many edits of an earlier session were brought back; 0 once that was read. */
  readonly recovered: number
  /** While a document is being read or written. */
  readonly busy: 'opening' | 'saving' | null

  /** Applies one edit; refuses (with a notice) in a read-only window. */
  run(command: GraphCommand, label?: string): void
  /** Applies an edit that is known by its result. */
  replace(next: GraphDocument, label: string): void
  undo(): void
  redo(): void
  /** Shows the inside of subgraphs; a way that isn't there is followed as far as it is. */
  enter(scope: readonly string[]): void
  select(selection: Partial<Selection>): void
}

export type NodeProgress = 'waiting' | 'running' | 'cached' | 'done' | 'failed'

export interface NodeRun {
  readonly state: NodeProgress
  readonly why?: string
  readonly what?: string
  /** 0–1 while it packs, embeds or trains. */
  readonly fraction?: number
  /** Until it is through with what it does, where that is known and nobody sees steps of it. */
  readonly secondsLeft?: number
}

/** Numbers over steps; grows in place, `length` says how far it is filled. */
export interface Series {
  readonly steps: Float64Array
  readonly values: Float64Array
  readonly length: number
}

export interface TrainRun {
  readonly node: string
  readonly steps: number
  readonly firstStep: number
  /** Steps that the state is made of: fewer than were ever taken where a person went back. */
  readonly taken: number
  /** Steps that were ever taken; their numbers are known. */
  readonly reached: number
  /** Where the run can be taken back to at once. */
  readonly kept: readonly number[]
  readonly parameters: number
  readonly compileSeconds: number
  readonly fromCache: boolean
  /** Where it goes on from, in a fork: the steps before are the other run's. */
  readonly fork?: { readonly run: string; readonly step: number }
  /** What a step needs and works; without in runs of earlier versions. */
  readonly facts?: StepFacts
  /**
   * By metric name: `train/loss`, `train/learning_rate`, `train/grad_norm`, `throughput` in steps/s,
   * and `device/flops_per_sec` (over all devices) where the operations of a step are known.
   */
  readonly series: ReadonlyMap<string, Series>
  /** Smoothed steps/s; null until two batches of steps have come, or while paused. */
  readonly rate: number | null
  readonly secondsLeft: number | null
}

export interface LogLine {
  readonly level: 'info' | 'warning'
  readonly node?: string
  readonly message: string
  /** It says why changes that were sent were not made. */
  readonly refused?: true
}

/** A parameter that was changed while `train` trained: its step `step` was the first with `value`. */
export interface LiveEdit extends ParamChange {
  readonly train: string
  readonly step: number
  readonly before: unknown
}

/** A run as this window shows it. A new object after each change; `revision` counts them. */
export interface RunView {
  readonly info: RunInfo
  readonly revision: number
  readonly nodes: ReadonlyMap<string, NodeRun>
  readonly trains: ReadonlyMap<string, TrainRun>
  readonly reports: ReadonlyMap<string, Report>
  readonly log: readonly LogLine[]
  readonly pausedAt: { readonly node: string; readonly step?: number } | null
  readonly checkpoints: readonly { readonly node: string; readonly step: number }[]
  /** What was changed while it trained, in order of the steps; not what was on ways that were left. */
  readonly edits: readonly LiveEdit[]
  /** The weights that a step trains, as they were last looked at. */
  readonly weights: {
    readonly node: string
    readonly step: number
    readonly norms: readonly WeightNorms[]
  } | null
  /** The hash of weights and optimizer state that was last asked for. */
  readonly stateHash: { readonly node: string; readonly step: number; readonly hash: string } | null
  /** True for results that came in a bundle: the author's, not verified here. */
  readonly foreign: boolean
}

/** The step of a run that another is to begin with. */
export interface ForkFrom {
  readonly run: string
  readonly train: string
  readonly step: number
  /** Held before its first step. */
  readonly paused: boolean
}

/** The runs that the host knows of, and what this window has seen of those that it follows. */
export interface RunsState {
  /** The queue and what ran, newest first; of every file. */
  readonly infos: readonly RunInfo[]
  /** Those of them that wait, of every file, in the order of their turns. */
  readonly queue: readonly string[]
  /** Runs of the open document's file, newest first. */
  readonly history: readonly RunInfo[]
  /** By run id: those that were followed. */
  readonly views: ReadonlyMap<string, RunView>
  /** The run that the window shows: the newest of the open document, or one that was picked from its history. */
  readonly shown: string | null
  /** What the shown run was made from, where that is known. */
  readonly ran: GraphDocument | null
  /** Nodes of the document that the shown run does not speak for: they, or what they read, were edited since. */
  readonly stale: ReadonlySet<string>

  /** Queues the open document as it is now. */
  start(options?: Partial<EnqueueOptions>): Promise<void>
  /** Steers the shown run, or another. */
  control(action: RunAction, steps?: number, run?: string): Promise<void>
  /** Changes parameters of the shown run from its next step on. False where that could not be asked. */
  edit(changes: readonly ParamChange[]): Promise<boolean>
  /**
   * Queues a run that begins with a step of another, with the graph on the canvas or the one of that run. False where
   * it was refused.
   */
  fork(from: ForkFrom, graph: 'canvas' | 'run'): Promise<boolean>
  /** Queues a run again from its newest checkpoint. */
  goOn(run: string): Promise<void>
  /** Takes a waiting run out of the queue. */
  remove(run: string): Promise<void>
  /** Gives a run another name. */
  rename(run: string, title: string): Promise<void>
  /** Deletes a run that is over, with its folder. */
  delete(run: string): Promise<void>
  /** Gives a waiting run the turn before another; null: the last. */
  move(run: string, before: string | null): Promise<void>
  /** Shows a run from the history; null: the newest again. */
  show(run: string | null): void
}

export interface Toast {
  readonly id: number
  readonly kind: 'info' | 'good' | 'bad'
  readonly message: string
  readonly hint?: string
}

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'open' }
  /** Trying again; `tries` so far. */
  | { readonly state: 'lost'; readonly tries: number }
  /** There will be no further try. */
  | { readonly state: 'closed'; readonly reason: string }

export interface SessionState {
  readonly connection: Connection
  readonly welcome: Welcome | null
  readonly engine: EngineState
  readonly plugin: PluginState
  readonly settings: Settings
  /** What `settings.theme` comes to: `system` follows the machine's. */
  readonly theme: 'light' | 'dark'
  readonly toasts: readonly Toast[]

  notify(message: string, kind?: Toast['kind'], hint?: string): void
  dismiss(toast: number): void
  setTheme(theme: Settings['theme']): void
  /** A person's own keys, by command. */
  setKeys(keys: Settings['keys']): void
  /** How much memory runs that begin from now on may take for states to step back to. */
  setSnapshotMegabytes(megabytes: number): void
  /** From now on graphs may be looked into at this file or folder. */
  allow(place: string): Promise<void>
  /** The opposite. */
  forbid(place: string): void
  /** The graphs that were opened before are listed no more. */
  forgetRecent(): void
  restartEngine(): Promise<void>
}
