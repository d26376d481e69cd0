import type { EngineName } from '../../protocol/engine-name.ts'
import type { BENCHMARK_NAMES } from '../../protocol/messages.ts'
import type { Backend, HostArray } from '../../runtime/backend.ts'
import type { EngineContext } from '../context.ts'

/** One side of a benchmark that runs in this process: what is measured of an engine of ours. */
export interface Contender {
  /** What its first call gave (a loss, a checksum), where there is such a number. */
  readonly first: number | undefined
  /** Wall milliseconds of each of n calls. */
  calls(n: number): Promise<readonly number[]>
  /** What else was measured so far, by name: shares and ratios. */
  facts(): readonly Fact[]
  close(): Promise<void>
}

/** A number beside the times, such as the share of a step that is spent outside XLA. */
export interface Fact {
  /** As in the JSON: `outside_xla`. */
  readonly name: string
  readonly value: number
  /** The same for people: `outside the XLA call: 0.21 % of a step`. */
  readonly text: string
}

/** A benchmark that is ready to start: its weights and inputs, which are the same for all that take part. */
export interface Setup {
  /** Handed to the peers as a file. Weights have their own names, inputs are `input/<i>/<name>`. */
  readonly arrays: ReadonlyMap<string, HostArray>
  /** Numbers in all weights. */
  readonly parameters: number
  /** Compiles and makes the first calls, which are not measured. The backend is freed by the caller. */
  readonly start: (backend: Backend, context: EngineContext) => Promise<Contender>
}

/** A fixed piece of work that is timed here and in the peers. */
export interface Benchmark {
  /** As in `diptych bench <name>`. */
  readonly name: (typeof BENCHMARK_NAMES)[number]
  /** One line for the list: what is done, and how large it is. */
  readonly about: string
  /** What one time is of: `step`. */
  readonly unit: string
  /** Calls in a round, where nothing else is asked for. */
  readonly calls: number
  /** Engines of ours that take part; the first is Diptych in the table. */
  readonly engines: readonly EngineName[]
  /** Peers by name: a script in `bench/peers` and its arguments. */
  readonly peers: Readonly<Record<string, readonly [script: string, ...args: string[]]>>
  /** How far a peer's first result may be from ours, relative to it: all do the same work on the same numbers. */
  readonly tolerance: number
  readonly setUp: (context: EngineContext) => Setup
}
