import type { Diagnostic } from '../graph/diagnostic.ts'
import type { Report } from '../graph/host.ts'
import type { DatasetSchema } from '../graph/schema.ts'
import type { TimingPlan } from '../graph/timing.ts'
import type { EngineName } from './engine-name.ts'
import type { Watched, WatchSpec, WatchStats } from './watch.ts'

/** A graph as a client hands it over: its text, and the file it came from, for places and relative paths. */
export interface GraphSource {
  readonly text: string
  /** Absolute path of the graph file; the working folder of its relative paths is its folder. */
  readonly file: string
  /** `--set node.param=value`, applied before checking. */
  readonly overrides: readonly { readonly node: string; readonly param: string; readonly value: unknown }[]
  /** `--seed`: in place of the graph's. */
  readonly seed?: number
}

/** What `diptych bench` can time, in the order that it does. */
export const BENCHMARK_NAMES = [
  'clip',
  'vit-forward',
  'vit-step',
  'vqvae',
  'decode',
  'elementwise',
  'compile',
  'data',
] as const

export interface RunOptions {
  readonly engine: EngineName
  /** Folder that holds `runs/`; by default `.diptych` beside the graph file. */
  readonly out?: string
  /** A run's folder, or one checkpoint. */
  readonly resumeFrom?: string
  /** A committed checkpoint of another run, from which this one goes on in a folder of its own. */
  readonly forkFrom?: string
  /** Train and evaluate again what the cache already has. */
  readonly fresh: boolean
  /** Pauses before the first step. */
  readonly paused?: boolean
  /** Wires that are watched from the first step on; they change nothing that the run makes. */
  readonly watches?: readonly WatchSpec[]
  /** Where XLA runs; by default on CUDA where it works, else on the CPU. */
  readonly platform?: 'cpu' | 'cuda'
  /** How many devices share each program; 1 by default. Results differ between numbers only by rounding. */
  readonly devices?: number
  /** Bytes of memory for states to step back to; without it, only from checkpoints and the start. */
  readonly snapshotBytes?: number
}

/** Another value for a parameter of a node. */
export interface ParamChange {
  readonly node: string
  readonly param: string
  readonly value: unknown
}

/** How large a weight, its gradient on one step before clipping, and that step's update of it are, as 2-norms. */
export interface WeightNorms {
  readonly name: string
  readonly gradient: number
  readonly weight: number
  readonly update: number
}

/** A parameter that was changed while its run was under way: from this step on. */
export interface Edit extends ParamChange {
  readonly step: number
}

/** What a run would do with a node that the engine runs. */
export interface PlannedNode {
  readonly node: string
  /**
   * - `cached`: its result is taken from the cache;
   * - `runs`: and `why` says what made its result stale;
   * - `anew`: settings, made each time, which takes no time;
   * - `nothing`: no Train and no report reads what it makes.
   */
  readonly does: 'cached' | 'runs' | 'anew' | 'nothing'
  readonly why?: string
  /**
   * Nodes that make something before it which is not known yet. Were it other than expected, this node would run
   * instead of being cached; were it what it was before, the other way about.
   */
  readonly unless?: readonly string[]
}

/** A setting that would make a step need less memory. */
export interface MemoryAdvice {
  readonly node: string
  readonly param: string
  readonly value: string | number | boolean
  /** What it does, in words. */
  readonly about: string
  /** What a step would then need, estimated; without where that can't be told. */
  readonly bytes?: number
}

/** What the steps of a Train need, by the compiler's own count, before the first is taken. */
export interface MeasuredTrain {
  readonly train: string
  readonly facts: StepFacts
  /** Of all devices that share the memory; without where the engine can't know. */
  readonly fit?: { readonly neededBytes: number; readonly availableBytes: number; readonly there: string }
  /** Measured while a run had the device: held against all the memory there is, not against what is free. */
  readonly besideRun?: true
  /** Where it does not fit. */
  readonly advice: readonly MemoryAdvice[]
  readonly compileSeconds: number
  readonly fromCache: boolean
}

/** A Train of a graph: the one with this id, or the only one. */
export interface TimedTrain {
  readonly graph: GraphSource
  readonly train?: string
}

/** What a client may ask of the engine. Each has an id that its events carry. */
export type Command =
  | {
      readonly id: number
      readonly type: 'check'
      readonly graph: GraphSource
      /** Where its data may be looked at besides the folder of the graph; everywhere without. */
      readonly places?: readonly string[]
    }
  | {
      readonly id: number
      readonly type: 'print'
      readonly graph: GraphSource
      /** The program of one node, or of all. */
      readonly node?: string
      readonly form: 'ir' | 'stablehlo' | 'jax'
    }
  /** What a run would do, and why. */
  | {
      readonly id: number
      readonly type: 'plan'
      readonly graph: GraphSource
      readonly places?: readonly string[]
      readonly options: Pick<RunOptions, 'engine' | 'out' | 'fresh' | 'platform' | 'devices'>
    }
  /** Compiles the steps of all Trains, or of one, and says what they need. Reads no data, takes no step. */
  | {
      readonly id: number
      readonly type: 'measure'
      readonly graph: GraphSource
      readonly places?: readonly string[]
      readonly train?: string
      readonly options: Pick<RunOptions, 'engine' | 'platform' | 'devices'>
    }
  | { readonly id: number; readonly type: 'run'; readonly graph: GraphSource; readonly options: RunOptions }
  /** Ends a run at the next step: `checkpoint` commits one first. */
  | {
      readonly id: number
      readonly type: 'stop'
      readonly run: number
      readonly how: 'checkpoint' | 'cancel'
    }
  /**
   * Holds a run at the next step or node, takes some steps of it, or lets it go on. `back` goes some steps back and
   * holds there, `seek` to where a number of steps is taken. `hash` has the hash of the state told, `commit` commits a
   * checkpoint, `weights` has the norms of weights and gradients told; these do not move the run.
   */
  | {
      readonly id: number
      readonly type: 'control'
      readonly run: number
      readonly action: 'pause' | 'step' | 'resume' | 'back' | 'seek' | 'hash' | 'commit' | 'weights'
      /** For `step` and `back` how many, for `seek` how many are to be taken then. */
      readonly steps?: number
    }
  /** Gives nodes of a run other parameters from the next step on. */
  | {
      readonly id: number
      readonly type: 'edit'
      readonly run: number
      readonly changes: readonly ParamChange[]
    }
  /** From now on these wires of a run are watched, and no others. */
  | {
      readonly id: number
      readonly type: 'watch'
      readonly run: number
      readonly watches: readonly WatchSpec[]
    }
  /** Times a fixed model, in turn with the peers: `rounds` rounds of `stepsPerRound` calls each. */
  | {
      readonly id: number
      readonly type: 'bench'
      /** One of `BENCHMARK_NAMES`. */
      readonly name: string
      readonly rounds: number
      /** Without it, the benchmark's own number. */
      readonly stepsPerRound?: number
      /** Which peers to time too; without it, all that are installed. */
      readonly peers?: readonly string[]
    }
  /** Times the steps of two Trains in turn, from fresh weights: the only Train of a graph, or the one that is named. */
  | {
      readonly id: number
      readonly type: 'time'
      readonly trains: readonly [a: TimedTrain, b: TimedTrain]
      readonly plan: TimingPlan
      readonly options: Pick<RunOptions, 'engine' | 'platform' | 'devices'>
    }
  | { readonly id: number; readonly type: 'shutdown' }

/** A number of a step; JSON carries enough digits that it parses back to the same bits. */
export type StepEvent = {
  readonly type: 'step'
  readonly node: string
  /** From 0: the step that was just taken. */
  readonly step: number
  /** `train/loss`, `train/grad_norm`, `train/learning_rate`. */
  readonly [metric: `train/${string}`]: number
}

/** Bytes that one step needs on each device, as the compiler counts them. */
export interface StepMemory {
  /** Weights, optimizer state and batch. */
  readonly argumentBytes: number
  readonly outputBytes: number
  /** How much of the results lies in the memory of arguments. */
  readonly aliasedBytes: number
  /** Activations, gradients and whatever else lives only within the step. */
  readonly temporaryBytes: number
  /** All of it together. */
  readonly totalBytes: number
}

/** What is known of a compiled step before the first is taken. */
export interface StepFacts {
  /** How many devices share it. */
  readonly devices: number
  /** Without where the engine can't know. */
  readonly memory?: StepMemory
  /** Floating-point operations of a step, over all devices. */
  readonly flops: number
}

export type Event =
  /** The run has its folder. */
  | { readonly type: 'run'; readonly folder: string }
  /** The run holds before this node, or before this step of its training; `resumed` when it goes on. */
  | {
      readonly type: 'paused'
      readonly node: string
      /** Steps that the state is made of. Fewer than were told before where a person went back. */
      readonly step?: number
      /** Steps that were ever taken: those before it are made again with the same numbers and not told again. */
      readonly reached?: number
      /** Where states are held in memory: it goes there at once. */
      readonly kept?: readonly number[]
    }
  | { readonly type: 'resumed' }
  /**
   * Parameters were changed while `node` trained, for this step and those after it. What it had taken beyond that step
   * belongs to another path and counts no more.
   */
  | {
      readonly type: 'edited'
      readonly node: string
      readonly step: number
      readonly changes: readonly (ParamChange & { readonly before: unknown })[]
    }
  /** The weights that this step trains, as it finds them. */
  | {
      readonly type: 'weights'
      readonly node: string
      readonly step: number
      readonly weights: readonly WeightNorms[]
    }
  /** The hash of all weights and optimizer state before this step, as `hash` asked for it. */
  | { readonly type: 'state'; readonly node: string; readonly step: number; readonly hash: string }
  /**
   * The host's clock, put among the events that it keeps: milliseconds since the run began, after some steps and
   * around a pause, so that the speed of a run can be told later too.
   */
  | { readonly type: 'time'; readonly ms: number }
  | {
      readonly type: 'log'
      readonly level: 'info' | 'warning'
      readonly node?: string
      readonly message: string
      /** Changes that were asked for while it trains were not made: the message says which, and why. */
      readonly refused?: true
    }
  /** A node began; `why` says what made it run, or that the cache has it. */
  | {
      readonly type: 'node'
      readonly node: string
      readonly state: 'running' | 'cached' | 'done'
      readonly why?: string
      /** Of a Train that is done or cached: how long compiling and all its steps took, where that is known. */
      readonly seconds?: number
    }
  /** Progress within a node, such as packing or embedding; `total` 0 where it can't be known, as of compiling. */
  | {
      readonly type: 'progress'
      readonly node: string
      readonly what: string
      readonly done: number
      readonly total: number
    }
  /** Training begins or goes on. `firstStep` is 0 or where it resumes. */
  | {
      readonly type: 'train'
      readonly node: string
      readonly steps: number
      readonly firstStep: number
      readonly parameters: number
      readonly compileSeconds: number
      readonly fromCache: boolean
      /** Without in runs of earlier versions. */
      readonly facts?: StepFacts
      /** Where the run is a fork: the folder of the other run, and the step of it that this Train began with. */
      readonly fork?: { readonly run: string; readonly step: number }
    }
  /** Steps before the fork, which the other run took. */
  | { readonly type: 'inherited'; readonly node: string; readonly steps: readonly StepEvent[] }
  | StepEvent
  | { readonly type: 'checkpoint'; readonly node: string; readonly step: number; readonly path: string }
  /** A watched wire was computed on the weights that a Train had after `step` steps. */
  | {
      readonly type: 'watch'
      readonly node: string
      readonly wire: string
      readonly inner?: string
      readonly field: string
      readonly step: number
      readonly stats: WatchStats
    }
  | { readonly type: 'report'; readonly node: string; readonly report: Report }

export type Result =
  | {
      readonly type: 'checked'
      readonly diagnostics: readonly Diagnostic[]
      readonly schemas: Readonly<Record<string, DatasetSchema>>
      /** Sources that can't be read, by wire, and why. */
      readonly unreadable: Readonly<Record<string, string>>
    }
  | { readonly type: 'printed'; readonly text: string }
  /** In the order in which they would run. */
  | { readonly type: 'planned'; readonly nodes: readonly PlannedNode[] }
  | { readonly type: 'measured'; readonly trains: readonly MeasuredTrain[] }
  /** `text` for people, `json` for `--json`. */
  | { readonly type: 'bench'; readonly text: string; readonly json: unknown }
  | { readonly type: 'timed'; readonly report: Report }
  | {
      readonly type: 'result'
      /** By evaluator node id. */
      readonly reports: Readonly<Record<string, Report>>
      /** The run's folder. */
      readonly run: string
      /** `stopped`: resumable, ended early on request. */
      readonly outcome: 'completed' | 'stopped' | 'cancelled'
      readonly attribution: readonly string[]
    }
  | { readonly type: 'stopping' }
  /** A `control` or a `watch` was heard; `paused` and `resumed` say when it takes effect. */
  | { readonly type: 'controlled' }
  | {
      readonly type: 'failed'
      readonly diagnostics: readonly Diagnostic[]
      readonly message: string
      readonly node?: string
      /** The device answers no more: the engine ends itself after this, and the next command starts another. */
      readonly deviceLost?: true
    }

/** What the engine sends. `result` ends a command. */
export type Message =
  | { readonly type: 'ready'; readonly version: string }
  /** Some events of a command, in order; metrics among them are on the disk. */
  | { readonly type: 'events'; readonly id: number; readonly events: readonly Event[] }
  /** What a watched wire of a run holds, reduced to what is shown. Not kept; the next one takes its place. */
  | {
      readonly type: 'watched'
      readonly id: number
      readonly watched: Watched
      readonly bytes: Uint8Array
    }
  | { readonly type: 'done'; readonly id: number; readonly result: Result }
