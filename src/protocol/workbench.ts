import type { GraphCommand } from '../graph/commands.ts'
import type { Diagnostic } from '../graph/diagnostic.ts'
import type { Report } from '../graph/host.ts'
import type { DatasetSchema } from '../graph/schema.ts'
import type { EngineName } from './engine-name.ts'
import type { Event, MeasuredTrain, ParamChange, PlannedNode } from './messages.ts'
import type { Watched, WatchNotice, WatchSpec } from './watch.ts'

/** What a window may ask of the host: by method, what it sends and what comes back. */
export interface HostMethods {
  /** The first request of every connection. */
  'session.hello': { readonly params: { readonly client: string }; readonly result: Welcome }
  'settings.write': { readonly params: Partial<Settings>; readonly result: Settings }

  /** Bundled graphs and what was opened before. */
  'graphs.list': { readonly params: Record<never, never>; readonly result: readonly GraphFileInfo[] }
  /** Folders and graph files in a folder, for the open and save dialogs in a browser. */
  'files.list': { readonly params: { readonly folder?: string }; readonly result: FolderListing }

  /** Opens a graph file (or a `.dpt` bundle); the first window of a file gets its writer's lease. */
  'document.open': { readonly params: { readonly path: string }; readonly result: OpenedDocument }
  /** Opens a document that has no file yet. */
  'document.create': { readonly params: { readonly text: string }; readonly result: OpenedDocument }
  /** One edit, in order; the host has it on the disk within a second. */
  'document.journal': {
    readonly params: { readonly document: string; readonly command: GraphCommand }
    readonly result: null
  }
  /**
   * Writes the file if it still is what was opened (`expected`), else fails with `conflict`; `path` saves
   * under another name.
   */
  'document.save': {
    readonly params: {
      readonly document: string
      readonly text: string
      readonly expected: string | null
      readonly path?: string
    }
    readonly result: { readonly path: string; readonly version: string }
  }
  'document.takeOver': { readonly params: { readonly document: string }; readonly result: null }
  'document.close': { readonly params: { readonly document: string }; readonly result: null }

  /** Looks at the sources of a graph, so that the window's checker knows their columns. */
  'schemas.read': {
    readonly params: { readonly document: string; readonly text: string }
    readonly result: SchemasRead
  }

  /** What a run of the graph would do with each node, and why. Nothing runs. */
  'plan.read': {
    readonly params: { readonly document: string; readonly text: string; readonly options: EnqueueOptions }
    readonly result: { readonly nodes: readonly PlannedNode[] }
  }

  /** Compiles the steps of a Train and says what memory they need; waits while something runs. */
  'memory.read': {
    readonly params: {
      readonly document: string
      readonly text: string
      readonly options: EnqueueOptions
      readonly train: string
    }
    readonly result: { readonly trains: readonly MeasuredTrain[] }
  }

  /** Queues an immutable copy of the graph. */
  'run.enqueue': {
    readonly params: { readonly document: string; readonly text: string; readonly options: EnqueueOptions }
    readonly result: RunInfo
  }
  /** Acknowledged at once; the run's state follows as an event. */
  'run.control': {
    readonly params: { readonly run: string; readonly action: RunAction; readonly steps?: number }
    readonly result: RunInfo
  }
  /** Gives nodes of a run that is under way other parameters, from its next step on; `edited` says when they have. */
  'run.edit': {
    readonly params: { readonly run: string; readonly changes: readonly ParamChange[] }
    readonly result: RunInfo
  }
  /**
   * Queues a run that goes on, with an immutable copy of the graph and in a folder of its own, from a step of another:
   * of one of its checkpoints, or the one at which it is held.
   */
  'run.fork': {
    readonly params: {
      readonly document: string
      readonly text: string
      readonly run: string
      readonly train: string
      readonly step: number
      /** Pauses before the first step. */
      readonly paused?: boolean
    }
    readonly result: RunInfo
  }
  /** Queues a stopped, crashed or interrupted run again, from its newest checkpoint. */
  'run.continue': { readonly params: { readonly run: string }; readonly result: RunInfo }
  /** Removes a waiting run from the queue. */
  'run.remove': { readonly params: { readonly run: string }; readonly result: null }
  /** Gives a waiting run another turn: before another that waits, or after all of them. */
  'run.move': {
    readonly params: { readonly run: string; readonly before: string | null }
    readonly result: null
  }
  /** Gives a run another name, by which people tell it from others of its graph. */
  'run.rename': {
    readonly params: { readonly run: string; readonly title: string }
    readonly result: RunInfo
  }
  /** Deletes a run that is over, with its folder: checkpoints, metrics, reports. */
  'run.delete': { readonly params: { readonly run: string }; readonly result: null }
  /** From now on `run.events` come for this run, beginning with number `from`. */
  'run.follow': { readonly params: { readonly run: string; readonly from: number }; readonly result: RunInfo }
  'run.unfollow': { readonly params: { readonly run: string }; readonly result: null }
  /**
   * From now on a run is watched by these wires and no others. Answered with what can be read: of a run that is over,
   * what was seen last.
   */
  'run.watch': {
    readonly params: { readonly run: string; readonly watches: readonly WatchSpec[] }
    readonly result: readonly WatchNotice[]
  }
  /** The newest of one watch by one Train: reduced to what is shown, with its numbers and pictures as bytes. */
  'watch.read': {
    readonly params: { readonly run: string; readonly watch: string; readonly train: string }
    readonly result: Watched
    readonly binary: true
  }
  /** The text of the graph that a run was made from, so that the window can mark what was edited since. */
  'run.graph': { readonly params: { readonly run: string }; readonly result: { readonly text: string } }
  /** The runs of a document's file, newest first. */
  'runs.list': { readonly params: { readonly document: string }; readonly result: readonly RunInfo[] }

  /** A picture of a report, by the name that the report gives. Answered with bytes. */
  'picture.read': {
    readonly params: { readonly run: string; readonly name: string }
    readonly result: { readonly mime: string }
    readonly binary: true
  }
  /** Writes `.dpt`: the graph with a run's results. */
  'bundle.write': {
    readonly params: { readonly run: string; readonly path: string }
    readonly result: { readonly path: string; readonly bytes: number }
  }

  /** After a crash; also starts an engine that was put to rest. */
  'engine.restart': { readonly params: Record<never, never>; readonly result: null }
}

export type Method = keyof HostMethods
export type ParamsOf<M extends Method> = HostMethods[M]['params']
export type ResultOf<M extends Method> = HostMethods[M]['result']
/** Methods that are answered with bytes beside their result. */
export type BinaryMethod = {
  [M in Method]: HostMethods[M] extends { readonly binary: true } ? M : never
}[Method]

/** What the host tells without being asked. */
export interface HostEvents {
  /** The state of the queue and of every run in it, whenever one changes; those that wait in their order. */
  'runs.changed': { readonly runs: readonly RunInfo[] }
  /** A run got another name, or was deleted (`info` is null). */
  'run.changed': { readonly run: string; readonly info: RunInfo | null }
  /** What happened in a run that this window follows, in order; `from` is the number of the first. */
  'run.events': { readonly run: string; readonly from: number; readonly events: readonly Event[] }
  /** A watched wire was computed: `watch.read` has it. */
  'run.watched': WatchNotice & { readonly run: string }
  'engine.state': EngineState
  'plugin.state': PluginState
  /** Someone else wrote the file. `version` is its new content hash, or null when it is gone. */
  'document.changedOnDisk': { readonly document: string; readonly version: string | null }
  /** This window lost the lease, or got it. */
  'document.lease': { readonly document: string; readonly lease: Lease }
  'settings.changed': Settings
}

export type HostEvent = {
  [E in keyof HostEvents]: { readonly event: E; readonly data: HostEvents[E] }
}[keyof HostEvents]

export interface Welcome {
  readonly version: string
  readonly shell: 'browser' | 'desktop'
  readonly settings: Settings
  readonly engine: EngineState
  readonly plugin: PluginState
  readonly runs: readonly RunInfo[]
  /** What to open when nothing else is asked for. */
  readonly welcome: string
  readonly cores: number
  /** The system that the host runs on: `linux`, `darwin`, `win32`. */
  readonly platform: string
}

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark'
  readonly recent: readonly string[]
  /** How much memory a run may take for states to step back to. */
  readonly snapshotMegabytes: number
  /** A person's own keys, by command; a command that is not named has its usual ones. */
  readonly keys: Readonly<Record<string, readonly string[]>>
  /** Files and folders outside a graph's own that graphs may be looked into before they are run. */
  readonly places: readonly string[]
}

export interface GraphFileInfo {
  readonly path: string
  readonly title: string
  readonly about?: string
  readonly kind: 'bundled' | 'recent'
  /** The folder among the bundled graphs that it is in: `contrastive`. */
  readonly family?: string
  readonly sketch?: GraphSketch
}

/** A graph as a small picture shows it, with the places that its file names; wires by the places of both ends in `nodes`. */
export interface GraphSketch {
  readonly nodes: readonly { readonly type: string; readonly at: readonly [number, number] | null }[]
  readonly wires: readonly (readonly [number, number])[]
}

export interface FolderListing {
  readonly folder: string
  readonly parent: string | null
  readonly entries: readonly {
    readonly name: string
    readonly path: string
    readonly kind: 'folder' | 'graph' | 'bundle'
  }[]
}

export type Lease =
  | { readonly mode: 'writer' }
  /** Another window or process holds it; this one reads. */
  | { readonly mode: 'reader'; readonly holder: string }

export interface OpenedDocument {
  /** The host's name for it while it is open. */
  readonly id: string
  /** Absolute path; null for a document that was never saved. */
  readonly path: string | null
  readonly text: string
  /** Content hash of the file as it was read; null without a file. */
  readonly version: string | null
  readonly lease: Lease
  /** Edits that were never saved, from the journal of a session that ended badly. */
  readonly recovered: readonly GraphCommand[]
  /** The newest run of this file, to be followed so that its results are seen again. */
  readonly lastRun: RunInfo | null
  /** Results that came with a bundle: the author's, not made here. */
  readonly bundle: { readonly run: RunInfo; readonly verified: false } | null
}

export interface SchemasRead {
  /** By wire: what is known, or why it is not. */
  readonly schemas: Readonly<
    Record<
      string,
      | { readonly state: 'known'; readonly schema: DatasetSchema }
      | { readonly state: 'failed'; readonly message: string }
    >
  >
}

export interface EnqueueOptions {
  readonly engine: EngineName
  readonly fresh: boolean
  /** Pauses before the first step. */
  readonly paused?: boolean
}

/** `back` and `seek` hold the run where they go to; `hash`, `commit` and `weights` do not move it. */
export type RunAction =
  | 'pause'
  | 'step'
  | 'back'
  | 'seek'
  | 'hash'
  | 'commit'
  | 'weights'
  | 'resume'
  | 'stop'
  | 'cancel'

export type RunState =
  | 'waiting'
  | 'running'
  | 'pausing'
  | 'paused'
  | 'stopping'
  | 'completed'
  | 'stopped'
  | 'cancelled'
  | 'failed'
  /** The engine or the host ended while it ran. */
  | 'interrupted'

/** Where a run was forked from: so many steps of a Train of the run in this folder. */
export interface RunFork {
  readonly folder: string
  readonly train: string
  readonly step: number
}

export interface RunInfo {
  readonly id: string
  /** The graph file it was made from; null for a document that was never saved. */
  readonly file: string | null
  readonly title: string
  readonly state: RunState
  /** It waits since before a restart, and goes on at a word: `run.continue`. */
  readonly held?: boolean
  /** Milliseconds since 1970. */
  readonly queuedAt: number
  readonly startedAt: number | null
  /** Null while it is not over, and where nobody knows: such as of a bundle. */
  readonly endedAt: number | null
  /** Its folder, once the engine has made it. */
  readonly folder: string | null
  /** Where it goes on from, if it is a fork of another run. */
  readonly fork?: RunFork
  /** True when there is a checkpoint to go on from. */
  readonly resumable: boolean
  readonly failure: RunFailure | null
  /** How many events there are so far. */
  readonly events: number
  readonly attribution: readonly string[]
  readonly reports: Readonly<Record<string, Report>>
  /** The last loss of what it trained last; null where that is no number. Only lists of runs say it. */
  readonly loss?: number | null
}

export interface RunFailure {
  readonly message: string
  readonly node?: string
  readonly diagnostics: readonly Diagnostic[]
}

export type EngineState =
  | { readonly state: 'off' | 'starting' | 'ready' | 'busy' }
  /** `reason`: for a person; `log`: the last lines it wrote. */
  | { readonly state: 'crashed'; readonly reason: string; readonly log: string }

export type PluginState =
  | { readonly state: 'ready' }
  | { readonly state: 'fetching'; readonly what: string }
  | { readonly state: 'missing'; readonly problem: string }

/** Why a request was refused; windows decide by `tag`, people read `message`. */
export interface HostFault {
  readonly tag:
    | 'bad-request'
    | 'not-found'
    | 'not-a-graph'
    | 'conflict'
    | 'read-only'
    | 'forbidden'
    | 'cancelled'
    | 'engine'
    | 'disk'
    | 'internal'
  readonly message: string
  readonly diagnostics?: readonly Diagnostic[]
}
