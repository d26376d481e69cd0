import type { BatchInput } from '../graph/compile/batch-inputs.ts'
import type { Program } from '../ir/program.ts'

/** Where a run computes. */
export interface DeviceOptions {
  /** By default CUDA where it works, else the CPU. */
  readonly platform?: 'cpu' | 'cuda'
  /** How many devices share each program; 1 by default. */
  readonly devices?: number
}

/**
 * Places of a program's batch arguments: what several devices split by rows. All else (weights, optimizer state,
 * keys) is whole on each of them.
 */
export function batchArguments(program: Program, batch: readonly BatchInput[]): number[] {
  const names = new Set(batch.map(input => input.name))
  return program.inputs.flatMap((input, i) => (names.has(input.name) ? [i] : []))
}
