import { describe, expect, it } from 'vitest'
import { refuseTooLarge, stepFacts, stepMemory } from '../../src/engine/step-facts.ts'
import { Builder } from '../../src/ir/builder.ts'
import { tensor } from '../../src/ir/types.ts'
import type { Backend, DeviceMemory, Executable } from '../../src/runtime/backend.ts'

const memory = stepMemory({
  argumentBytes: 5e9,
  outputBytes: 4.5e9,
  aliasedBytes: 4e9,
  temporaryBytes: 6e9,
})
const machine = (availableBytes: number, sharedBy = 1): DeviceMemory => ({
  totalBytes: 16e9,
  availableBytes,
  what: "this machine's memory",
  sharedBy,
})
const refused = (devices: number, device: DeviceMemory | undefined, env: NodeJS.ProcessEnv = {}) =>
  refuseTooLarge({ devices, memory, flops: 1 }, device, env)

describe('the memory of a step', () => {
  it('counts what results take beside the arguments they take over', () => {
    expect(memory.totalBytes).toBe(11.5e9)
  })

  it('is let be where it fits, or where nobody knows', () => {
    expect(() => refused(1, machine(11.5e9))).not.toThrow()
    expect(() => refused(1, undefined)).not.toThrow()
    expect(() => refuseTooLarge({ devices: 1, flops: 1 }, machine(1), {})).not.toThrow()
  })

  it('is refused with the numbers and what to do', () => {
    expect(() => refused(1, machine(9.8e9))).toThrowErrorMatchingInlineSnapshot(
      `[DataError: a step needs 11.5 GB of memory (5.0 GB for weights, optimizer state and batch, 500.0 MB for results beside them, 6.0 GB for activations and gradients), but 9.8 GB of 16.0 GB are available in this machine's memory. Make the batch smaller, accumulate gradients over several smaller ones, recompute activations (gradientCheckpointing), or train in bf16. DIPTYCH_MEMORY_LIMIT=none tries it all the same.]`,
    )
  })

  it('is that of all virtual devices on a processor, which share it', () => {
    expect(() => refused(4, machine(46e9, 4))).not.toThrow()
    expect(() => refused(4, machine(15e9, 4))).toThrowErrorMatchingInlineSnapshot(
      `[DataError: a step needs 11.5 GB of memory on each device (5.0 GB for weights, optimizer state and batch, 500.0 MB for results beside them, 6.0 GB for activations and gradients), 46.0 GB for the 4 devices that share it, but 15.0 GB of 16.0 GB are available in this machine's memory. Make the batch smaller, accumulate gradients over several smaller ones, recompute activations (gradientCheckpointing), or train in bf16. DIPTYCH_MEMORY_LIMIT=none tries it all the same.]`,
    )
  })

  it("is each device's own on several cards", () => {
    expect(() => refused(4, machine(12e9))).not.toThrow()
  })

  it('is held against the limit of the environment, where there is one', () => {
    expect(() => refused(1, machine(1), { DIPTYCH_MEMORY_LIMIT: '12G' })).not.toThrow()
    expect(() => refused(1, machine(1), { DIPTYCH_MEMORY_LIMIT: 'none' })).not.toThrow()
    expect(() => refused(1, machine(16e9), { DIPTYCH_MEMORY_LIMIT: '8000 MB' })).toThrow(
      'but DIPTYCH_MEMORY_LIMIT allows 8.0 GB. ',
    )
    expect(() => refused(1, undefined, { DIPTYCH_MEMORY_LIMIT: '11499999999' })).toThrow(/allows 11\.5 GB/)
    expect(() => refused(1, machine(16e9), { DIPTYCH_MEMORY_LIMIT: 'much' })).toThrow(
      'DIPTYCH_MEMORY_LIMIT is "much": set it to bytes, such as 12G, or to none.',
    )
  })
})

describe('the operations of a step', () => {
  const b = new Builder()
  const x = b.input('x', tensor('f32', [4, 8]))
  const y = b.input('y', tensor('f32', [8, 2]))
  b.output('z', b.dotGeneral(x, y, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }))
  const program = b.finish('p')
  const facts = (cost?: Executable['cost']) =>
    stepFacts(program, { cost } as Executable, { deviceCount: 2 } as Backend)

  it("are the compiler's count, or that of the IR's products where that is more or the only one", () => {
    expect(facts()).toEqual({ devices: 2, flops: 2 * 4 * 8 * 2 })
    expect(facts({ flops: 500, bytesAccessed: 1 }).flops).toBe(500)
    expect(facts({ flops: 3, bytesAccessed: 1 }).flops).toBe(128)
  })
})
