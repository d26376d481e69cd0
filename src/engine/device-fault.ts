import { type ErrorCode, PjrtError } from '../runtime/pjrt/error.ts'

/** A failure of the device, for a person. */
export interface DeviceFault {
  readonly message: string
  /** The device answers no more: whoever holds it has to start anew. */
  readonly lost: boolean
}

/** What a device that is gone, or that has failed within a call, answers. */
const LOST: ReadonlySet<ErrorCode> = new Set([
  'INTERNAL',
  'UNAVAILABLE',
  'ABORTED',
  'DATA_LOSS',
  'DEADLINE_EXCEEDED',
  'UNKNOWN',
])

const RESUME = 'What was committed is whole: resume the run to go on from there.'

/**
 * Out of memory, or a lost device, said in words; undefined for every other error: a refused program, for one, is a
 * fault of Diptych's.
 */
export function deviceFault(error: unknown): DeviceFault | undefined {
  if (!(error instanceof PjrtError)) return undefined
  const said = error.details.split('\n', 1)[0]!.trim().replace(/\.$/, '')
  const compiling = /Compile|Deserialize/.test(error.message.split(':', 1)[0]!)
  if (error.code === 'RESOURCE_EXHAUSTED') {
    const when = compiling ? 'while the program was compiled' : 'while it computed'
    return {
      lost: false,
      message:
        `the device ran out of memory ${when} (${said}). Make the batch smaller, accumulate gradients over several ` +
        `smaller ones, recompute activations (gradientCheckpointing), or train in bf16. ${RESUME}`,
    }
  }
  if (compiling || !LOST.has(error.code)) return undefined
  return {
    lost: true,
    message: `the device failed or was lost (${error.code}: ${said}). The engine starts anew with the next command. ${RESUME}`,
  }
}
