import type { Diagnostic } from '../graph/diagnostic.ts'
import type { Report } from '../graph/host.ts'
import type { DatasetSchema } from '../graph/schema.ts'
import type { TimingPlan } from '../graph/timing.ts'
import type { EngineName } from './engine-name.ts'

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
  /** Train and evaluate again what the cache already has. */
  readonly fresh: boolean
  /** Pauses before the first step. */
  readonly paused?: boolean
  /** Where XLA runs; by default on CUDA where it works, else on the CPU. */
  readonly platform?: 'cpu' | 'cuda'
  /** How many devices share each program; 1 by default. Results differ between numbers only by rounding. */
  readonly devices?: number
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
  | { readonly id: number; readonly type: 'run'; readonly graph: GraphSource; readonly options: RunOptions }
  /** Ends a run at the next step: `checkpoint` commits one first. */
  | {
      readonly id: number
      readonly type: 'stop'
      readonly run: number
      readonly how: 'checkpoint' | 'cancel'
    }
  /** Holds a run at the next step or node, takes some steps of it, or lets it go on. */
  | {
      readonly id: number
      readonly type: 'control'
      readonly run: number
      readonly action: 'pause' | 'step' | 'resume'
      /** For `step`: how many. */
      readonly steps?: number
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
  | { readonly type: 'paused'; readonly node: string; readonly step?: number }
  | { readonly type: 'resumed' }
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
    }
  | StepEvent
  | { readonly type: 'checkpoint'; readonly node: string; readonly step: number; readonly path: string }
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
  /** A `control` was heard; `paused` and `resumed` say when it takes effect. */
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
  | { readonly type: 'done'; readonly id: number; readonly result: Result }
