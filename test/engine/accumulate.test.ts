import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import type { OptimizerValue } from '../../src/nn/optimizers/index.ts'
import type { MemoryStats } from '../../src/runtime/backend.ts'
import { toNumbers } from '../../src/runtime/host-array.ts'
import { openXla } from '../conformance/plugin.ts'
import { checked, clip, shown, withParams } from '../graph/fixtures.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { checkpointOf, folderOf, type RanHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, toyDocument } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const { path, missing } = plugin()
const STEPS = 4

describe.skipIf(missing !== '')(named('accumulation of a contrastive loss on XLA', missing), () => {
  beforeAll(async () => {
    vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
    await makePictures(scratch)
  })

  const train = (accumulate: number, more: object = {}): Promise<RanHere> => {
    const doc = toyDocument({
      batch: { brightness: 0 },
      train: { steps: STEPS, accumulate, ...more },
      schedule: { kind: 'constant', rate: 0.05, warmup: 0 },
    })
    doc.nodes.adamw = { ...doc.nodes.adamw!, type: 'optimizer.sgd', params: { momentum: 0.9 } }
    for (const id of ['retrieval', 'zero_shot']) delete doc.nodes[id]
    const file = join(scratch, `${JSON.stringify([accumulate, more]).replace(/\W+/g, '-')}.json`)
    writeFileSync(file, JSON.stringify(doc))
    return runHere(file, { cache, engine: 'xla' })
  }
  const weightsOf = async (ran: RanHere) => (await readCheckpoint(checkpointOf(folderOf(ran), STEPS))).weights

  test('trains as without it, to 1e-5', async () => {
    const [whole, split] = [await train(1), await train(4)]
    const losses = whole.losses.map(([, loss]) => loss)
    expect(losses[0]! - losses.at(-1)!).toBeGreaterThan(0.01)
    split.losses.forEach(([, loss], i) => {
      expect(Math.abs(loss / losses[i]! - 1)).toBeLessThan(1e-5)
    })
    const want = await weightsOf(whole)
    for (const [name, array] of await weightsOf(split)) {
      const values = toNumbers(want.get(name)!)
      const gap = Math.max(...toNumbers(array).map((v, i) => Math.abs(v - values[i]!)))
      expect(gap, name).toBeLessThan(1e-5)
    }
  }, 120_000)

  test('goes with bf16 and with blocks that are computed again', async () => {
    const [plain, both] = [
      await train(1, { precision: 'bf16' }),
      await train(4, { precision: 'bf16', gradientCheckpointing: true }),
    ]
    both.losses.forEach(([, loss], i) => {
      expect(Math.abs(loss / plain.losses[i]![1] - 1)).toBeLessThan(0.01)
    })
  }, 120_000)

  test('needs less memory', async () => {
    const sizes: Record<string, object> = {
      tokenizer: { vocabSize: 300 },
      batch: { size: 64, imageSize: 32, textLength: 16, flip: 0 },
      vision: { width: 64, depth: 2, heads: 2, patch: 4 },
      text: { width: 64, depth: 2, heads: 2 },
    }
    const sgd: OptimizerValue = {
      kind: 'sgd',
      momentum: 0,
      nesterov: false,
      weightDecay: 0,
      schedule: { kind: 'constant', base: 1, warmupSteps: 0, totalSteps: 1, final: 0 },
    }
    const backend = await openXla(path)
    const memoryOf = async (accumulate: number): Promise<MemoryStats> => {
      const doc = Object.entries({ ...sizes, train: { accumulate } }).reduce(
        (d, [id, params]) => withParams(d, id, params as never),
        clip(),
      )
      const graph = checked(doc)
      expect(shown(graph.diagnostics)).toBe('')
      const { program, donate } = buildTrainStep(graph, 'train', [sgd]).variants[0]!
      const executable = await backend.compile(program, { donate })
      const { memory } = executable
      executable.free()
      return memory!
    }
    const [whole, split] = [await memoryOf(1), await memoryOf(8)]
    backend.close()
    expect(split.temporaryBytes).toBeLessThan(whole.temporaryBytes / 3)
  }, 120_000)
})
