import type { CheckedGraph, Schemas } from '../../graph/check.ts'
import type { GraphCommand } from '../../graph/commands.ts'
import type { Diagnostic } from '../../graph/diagnostic.ts'
import type { GraphDocument, Wire } from '../../graph/document.ts'
import type { Report } from '../../graph/host.ts'
import type { Lease, RunInfo } from '../../protocol/workbench.ts'

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
  /** Edited since it was opened or saved. */
  readonly dirty: boolean
  readonly canUndo: boolean
  readonly canRedo: boolean
  /** What undo would take back, for the menu: "Move node". */
  readonly undoLabel: string | null
  readonly redoLabel: string | null

  /** Applies one edit; refuses (with a notice) in a read-only window. */
  run(command: GraphCommand, label?: string): void
  undo(): void
  redo(): void
  select(selection: Partial<Selection>): void
}

export type NodeProgress = 'waiting' | 'running' | 'cached' | 'done' | 'failed'

export interface NodeRun {
  readonly state: NodeProgress
  readonly why?: string
  readonly what?: string
  /** 0–1 while it packs, embeds or trains. */
  readonly fraction?: number
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
  /** Steps taken so far. */
  readonly taken: number
  readonly parameters: number
  readonly compileSeconds: number
  readonly fromCache: boolean
  /** By metric name: `train/loss`, `train/learning_rate`, `train/grad_norm`, and `throughput` in steps/s. */
  readonly series: ReadonlyMap<string, Series>
  /** Smoothed steps/s; null until two batches of steps have come, or while paused. */
  readonly rate: number | null
  readonly secondsLeft: number | null
}

export interface LogLine {
  readonly level: 'info' | 'warning'
  readonly node?: string
  readonly message: string
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
  /** True for results that came in a bundle: the author's, not verified here. */
  readonly foreign: boolean
}
