/** Consecutive steps of one Train in one round of a timing. */
export interface TimedSteps {
  /** Rows that these steps read, of all their Batch nodes. */
  readonly rows: number
  readonly steps: number
  /** Wall milliseconds of all of them. */
  readonly ms: number
  /** Of these, those in which no step could begin because its batch was not there yet. */
  readonly waitMs: number
}

/** The steps of one Train, round by round. */
export interface TimedArm {
  readonly name: string
  /** On batches that lie in memory: the step alone. */
  readonly inMemory: readonly TimedSteps[]
  /** On batches as training reads them. */
  readonly withData: readonly TimedSteps[]
}

/** What the machine did beside it. */
export interface MachineLoad {
  readonly processors: number
  /** How many of them, on average, other programs kept busy. */
  readonly others: number
}

/** The steps of two Trains, timed in turn within one process. */
export interface Timing {
  readonly a: TimedArm
  readonly b: TimedArm
  readonly load: MachineLoad
}

/** How a timing goes about it. */
export interface TimingPlan {
  readonly rounds: number
  /** Steps of each Train in a round, once on batches in memory and once with data. */
  readonly steps: number
  /** Steps of each Train before the first round, which are not timed. */
  readonly warmUp: number
}
