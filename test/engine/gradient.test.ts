import { afterAll, describe, expect, test } from 'vitest'
import { Stage } from '../../src/graph/compile/stage.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import { WeightInputs } from '../../src/graph/compile/weights.ts'
import type { GraphDocument } from '../../src/graph/document.ts'
import { asField } from '../../src/graph/kit.ts'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import type { Program } from '../../src/ir/program.ts'
import { elementCount, type TensorType, tensor } from '../../src/ir/types.ts'
import { hashString, initialValue } from '../../src/nn/init.ts'
import { foldIn } from '../../src/nn/random.ts'
import type { Backend, HostArray } from '../../src/runtime/backend.ts'
import { hostArray, view } from '../../src/runtime/host-array.ts'
import { createReferenceBackend } from '../../src/runtime/reference/backend.ts'
import { noXla, skipNote } from '../cli/kit.ts'
import { openXla, xlaPlugin } from '../conformance/plugin.ts'
import { checked, clip, withParams } from '../graph/fixtures.ts'
import { randomFrom } from '../graph/mutate.ts'

const SEED = 3

/** CLIP at a tiny size, with all of the augmentation. */
function tiny(): GraphDocument {
  let doc = clip()
  const changes: Record<string, object> = {
    tokenizer: { vocabSize: 300 },
    batch: {
      size: 4,
      imageSize: 16,
      textLength: 8,
      cropScale: 0.6,
      cropRatio: 1.3,
      brightness: 0.2,
      contrast: 0.2,
    },
    vision: { width: 16, depth: 2, heads: 2, patch: 8 },
    text: { width: 16, depth: 2, heads: 2 },
    image_projection: { size: 12 },
    text_projection: { size: 12 },
  }
  for (const [id, params] of Object.entries(changes)) doc = withParams(doc, id, params as never)
  return doc
}

/** Loss and gradient of every weight, as a Train stages them. */
function lossAndGradients() {
  const graph = checked(tiny())
  expect(graph.diagnostics).toEqual([])
  const b = new Builder()
  const weights = new WeightInputs(b)
  const key = b.input('key', tensor('u32', [2]))
  const foldName = (k: typeof key, name: string) => {
    const [hi, lo] = hashString(name)
    return foldIn(b, foldIn(b, k, hi), lo)
  }
  const stage = new Stage(graph, b, weights, { mode: 'train', key, foldName })
  const value = stage.value('loss.loss')
  const loss = b.div(asField(value, 'loss', 'sum'), asField(value, 'loss', 'count'))
  const specs = weights.sorted()
  const grads = gradient(
    b,
    loss,
    specs.map(w => weights.value(w.name)),
  )
  b.output('loss', loss)
  specs.forEach((w, i) => {
    b.output(w.name, grads[i]!)
  })
  const program = b.finish('clip_gradient')
  checkProgram(program)
  return { program, specs }
}

type Specs = ReturnType<typeof lossAndGradients>['specs']

/** One value for each input: seeded weights, pictures and texts. */
function inputsOf(program: Program, specs: Specs): HostArray[] {
  const random = randomFrom(SEED)
  const byName = new Map(specs.map(w => [w.name, w]))
  const values = (type: TensorType, next: (i: number) => number) =>
    hostArray(
      type,
      Array.from({ length: elementCount(type.shape) }, (_, i) => next(i)),
    )
  return program.inputs.map(({ name, value: { type } }) => {
    const spec = byName.get(name)
    // Every weight a little off its start, so that gains and biases count too.
    if (spec) {
      const start = initialValue(spec.init, spec.shape, SEED, name)
      return values(type, i => start[i]! + 0.1 * (random() - 0.5))
    }
    if (name === 'key') return hostArray(type, [1, 2])
    if (name.endsWith('/pixels')) return values(type, () => Math.floor(random() * 256))
    if (name.endsWith('/eot')) return values(type, i => 3 + i)
    if (name.endsWith('/ids')) return values(type, () => Math.floor(random() * 300))
    throw new Error(`what is ${name}?`)
  })
}

async function evaluate(
  backend: Backend,
  program: Program,
  inputs: readonly HostArray[],
): Promise<number[][]> {
  const executable = await backend.compile(program)
  const args = inputs.map(a => backend.upload(a))
  const results = await executable.run(args)
  const out = await Promise.all(results.map(async r => Array.from(view(await r.toHost()), Number)))
  for (const a of [...args, ...results]) a.free()
  executable.free()
  return out
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.hypot(...a.map((x, i) => x - b[i]!)) / Math.hypot(...b)

describe.skipIf(noXla)(`the whole CLIP loss on XLA in float32${skipNote}`, () => {
  const opened: Backend[] = []
  afterAll(() => {
    for (const backend of opened) backend.close()
  })

  test('its gradient is the reference’s to 1e-4, in every weight', { timeout: 120_000 }, async () => {
    const plugin = xlaPlugin()
    if ('missing' in plugin) throw new Error(plugin.missing)
    const { program, specs } = lossAndGradients()
    const inputs = inputsOf(program, specs)
    const xla = await openXla(plugin.path)
    opened.push(xla)
    const got = await evaluate(xla, program, inputs)
    const want = await evaluate(createReferenceBackend(), program, inputs)
    expect(distance(got[0]!, want[0]!)).toBeLessThan(1e-5)
    expect(distance(got.slice(1).flat(), want.slice(1).flat())).toBeLessThan(1e-4)
    const worst = specs.map((w, i) => [distance(got[i + 1]!, want[i + 1]!), w.name] as const)
    // A gradient that vanishes in exact arithmetic (a key's bias shifts all logits alike) has no relative error.
    const largest = Math.max(...want.slice(1).map(g => Math.hypot(...g)))
    const judged = worst.filter((_, i) => Math.hypot(...want[i + 1]!) > 1e-6 * largest)
    expect(judged.length).toBeGreaterThan(specs.length - 8)
    expect(judged.filter(([error]) => error > 1e-4)).toEqual([])
  })
})

test('the step that is trained has the same weights, and changes all of them', () => {
  const graph = checked(tiny())
  const schedule = { kind: 'constant', base: 1e-3, warmupSteps: 0, totalSteps: 1, final: 0 } as const
  const adamw = { kind: 'adamw', schedule, beta1: 0.9, beta2: 0.98, eps: 1e-6, weightDecay: 0.2 } as const
  const step = buildTrainStep(graph, 'train', [adamw])
  expect(step.weights.map(w => w.name)).toEqual(lossAndGradients().specs.map(w => w.name))
  const [variant] = step.variants
  expect(variant!.kept.slice(0, step.weights.length)).toEqual(step.weights.map(w => w.name))
  // Weights, both moments of each, and the step counter are donated; the key and the batch are not.
  expect(variant!.donate).toHaveLength(3 * step.weights.length + 1)
})
