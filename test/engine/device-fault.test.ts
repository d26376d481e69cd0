import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { Backend } from '../../src/runtime/backend.ts'
import { type ErrorCode, PjrtError } from '../../src/runtime/pjrt/error.ts'
import { failureOf, runHere } from './run-kit.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

/** What the device does from a call on: fail with this code, in this operation. */
const fault = vi.hoisted(
  () => ({ at: Number.POSITIVE_INFINITY }) as { at: number; error?: () => Error; compile?: () => Error },
)

vi.mock('../../src/engine/backends.ts', async () => {
  const { createReferenceBackend } = await import('../../src/runtime/reference/backend.ts')
  const openBackend = async (): Promise<Backend> => {
    const backend = createReferenceBackend()
    let calls = 0
    return {
      ...backend,
      compile: async (program, options) => {
        if (fault.compile) throw fault.compile()
        const executable = await backend.compile(program, options)
        return {
          ...executable,
          run: args => (++calls > fault.at ? Promise.reject(fault.error!()) : executable.run(args)),
        }
      },
    }
  }
  return { openBackend, openBackendFor: openBackend }
})

const scratch = fileScratch()
const cache = join(scratch, 'cache')
let graph = ''

beforeAll(async () => {
  await makePictures(scratch)
  graph = writeToy(scratch, { train: { steps: 12, checkpointEvery: 4 } })
})

const executing = (code: ErrorCode, details: string) => () =>
  new PjrtError('XLA, LoadedExecutable_Execute', code, details)

/** Runs until the device fails in its seventh call. */
async function broken(error: () => Error) {
  Object.assign(fault, { at: 6, error })
  const ran = await runHere(graph, { cache, fresh: true })
  fault.at = Number.POSITIVE_INFINITY
  return ran
}

describe('a device that fails is said by name, on the node, and the run goes on later', () => {
  test('out of memory while computing', async () => {
    const ran = await broken(
      executing('RESOURCE_EXHAUSTED', 'Out of memory allocating 1073741824 bytes.\nmore'),
    )
    expect(failureOf(ran)).toMatchInlineSnapshot(
      `"the device ran out of memory while it computed (Out of memory allocating 1073741824 bytes). Make the batch smaller, accumulate gradients over several smaller ones, recompute activations (gradientCheckpointing), or train in bf16. What was committed is whole: resume the run to go on from there."`,
    )
    expect(ran.result).toMatchObject({ node: 'train' })
    expect(ran.result).not.toHaveProperty('deviceLost')
  })

  test('out of memory while compiling', async () => {
    fault.compile = () =>
      new PjrtError('XLA, Client_Compile', 'RESOURCE_EXHAUSTED', 'Ran out of memory in hbm')
    const ran = await runHere(graph, { cache, fresh: true })
    fault.compile = undefined
    expect(failureOf(ran)).toMatch(
      /ran out of memory while the program was compiled \(Ran out of memory in hbm\)/,
    )
    expect(ran.result).toMatchObject({ node: 'train' })
  })

  test.each(['INTERNAL', 'UNAVAILABLE', 'ABORTED'] as const)('lost: %s', async code => {
    const whole = await runHere(graph, { cache, fresh: true })
    const ran = await broken(executing(code, 'CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access'))
    if (code === 'INTERNAL')
      expect(failureOf(ran)).toMatchInlineSnapshot(
        `"the device failed or was lost (INTERNAL: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access). The engine starts anew with the next command. What was committed is whole: resume the run to go on from there."`,
      )
    expect(ran.result).toMatchObject({ type: 'failed', node: 'train', deviceLost: true })
    const run = ran.events.flatMap(e => (e.type === 'run' ? [e.folder] : []))[0]!
    const rest = await runHere(graph, { cache, resumeFrom: run })
    expect(rest.result).toMatchObject({ outcome: 'completed' })
    expect(rest.losses[0]![0]).toBe(4)
    expect(rest.losses).toEqual(whole.losses.slice(4))
  })

  test('a program that the compiler refuses is a fault of Diptych’s, not of the device', async () => {
    fault.compile = () => new PjrtError('XLA, Client_Compile', 'INTERNAL', 'no such op')
    const ran = await runHere(graph, { cache, fresh: true })
    fault.compile = undefined
    expect(failureOf(ran)).toMatch(/^unexpected: /)
    expect(ran.result).not.toHaveProperty('deviceLost')
  })
})
