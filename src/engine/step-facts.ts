import { DataError } from '../data/error.ts'
import type { Program } from '../ir/program.ts'
import type { StepFacts, StepMemory } from '../protocol/messages.ts'
import type { Backend, DeviceMemory, Executable, MemoryStats } from '../runtime/backend.ts'
import { dotFlops } from './cost.ts'

/**
 * What is known of a Train's compiled step before it is taken. Its operations are XLA's count of the compiled
 * program or that of the matrix products in the IR, whichever is larger: XLA counts the body of a loop once.
 */
export function stepFacts(program: Program, executable: Executable, backend: Backend): StepFacts {
  return {
    devices: backend.deviceCount ?? 1,
    ...(executable.memory && { memory: stepMemory(executable.memory) }),
    flops: Math.max(executable.cost?.flops ?? 0, dotFlops(program)),
  }
}

/** Of several programs that make a stage's steps: the memory and the operations of the one that needs most. */
export function largestFacts(all: readonly StepFacts[]): StepFacts {
  const bytes = (facts: StepFacts): number => facts.memory?.totalBytes ?? 0
  const largest = all.reduce((most, facts) => (bytes(facts) > bytes(most) ? facts : most))
  return { ...largest, flops: Math.max(...all.map(f => f.flops)) }
}

/** Results that take over the memory of arguments need none of their own. */
export const stepMemory = (stats: MemoryStats): StepMemory => ({
  ...stats,
  totalBytes: stats.argumentBytes + stats.outputBytes - stats.aliasedBytes + stats.temporaryBytes,
})

/** How much memory a step needs, over all devices that share it, and how much there is. */
export interface Fit {
  readonly neededBytes: number
  readonly availableBytes: number
  /** Where the memory is, in words. */
  readonly there: string
  readonly sharing: number
}

/**
 * Holds what a step needs against what there is; undefined where either is not known. `DIPTYCH_MEMORY_LIMIT` (bytes,
 * or such as `12G`) stands in for what the device says is available; `none` takes the risk.
 */
export function fitOf(
  { memory }: StepFacts,
  device: DeviceMemory | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Fit | undefined {
  const setting = env.DIPTYCH_MEMORY_LIMIT
  if (!memory || setting === 'none') return undefined
  const limit = setting ? parseBytes(setting) : undefined
  const availableBytes = limit ?? device?.availableBytes
  if (availableBytes === undefined) return undefined
  const sharing = device?.sharedBy ?? 1
  const there =
    limit !== undefined
      ? `DIPTYCH_MEMORY_LIMIT allows ${size(limit)}`
      : availableBytes === device!.totalBytes
        ? `${size(availableBytes)} are all of ${device!.what}`
        : `${size(availableBytes)} of ${size(device!.totalBytes)} are available in ${device!.what}`
  return { neededBytes: memory.totalBytes * sharing, availableBytes, there, sharing }
}

/** Throws a `DataError` where a step needs more memory than there is. */
export function refuseTooLarge(
  facts: StepFacts,
  device: DeviceMemory | undefined,
  env: NodeJS.ProcessEnv = process.env,
): void {
  const { devices, memory } = facts
  const fit = fitOf(facts, device, env)
  if (!memory || !fit || fit.neededBytes <= fit.availableBytes) return
  const { neededBytes: needed, sharing, there } = fit
  const { argumentBytes, outputBytes, aliasedBytes, temporaryBytes } = memory
  const each = devices > 1 ? ' on each device' : ''
  const parts = [
    `${size(argumentBytes)} for weights, optimizer state and batch`,
    `${size(outputBytes - aliasedBytes)} for results beside them`,
    `${size(temporaryBytes)} for activations and gradients`,
  ]
  const together = sharing > 1 ? `, ${size(needed)} for the ${sharing} devices that share it` : ''
  throw new DataError(
    `a step needs ${size(memory.totalBytes)} of memory${each} (${parts.join(', ')})${together}, but ${there}. ` +
      'Make the batch smaller, accumulate gradients over several smaller ones, recompute activations ' +
      '(gradientCheckpointing), or train in bf16. DIPTYCH_MEMORY_LIMIT=none tries it all the same.',
  )
}

function size(bytes: number): string {
  const [scale, unit] = bytes >= 1e9 ? [1e9, 'GB'] : bytes >= 1e6 ? [1e6, 'MB'] : [1e3, 'kB']
  return `${(bytes / scale).toFixed(1)} ${unit}`
}

function parseBytes(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([kMGT]?)B?$/i.exec(text.trim()) ?? []
  if (digits === undefined)
    throw new DataError(`DIPTYCH_MEMORY_LIMIT is "${text}": set it to bytes, such as 12G, or to none.`)
  return Math.floor(Number(digits) * 1000 ** ['', 'K', 'M', 'G', 'T'].indexOf(unit!.toUpperCase()))
}
