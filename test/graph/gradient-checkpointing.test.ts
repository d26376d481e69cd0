import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkGraph } from '../../src/graph/check.ts'
import { buildWireSlice } from '../../src/graph/compile/eval-slice.ts'
import type { StageOptions } from '../../src/graph/compile/stage.ts'
import { StateUpdates } from '../../src/graph/compile/state-updates.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import { defineDevice, type Scope, type Var, z } from '../../src/graph/kit.ts'
import { lossPort } from '../../src/graph/types.ts'
import { optimize } from '../../src/ir/passes/optimize.ts'
import { type Program, regionsOf } from '../../src/ir/program.ts'
import { refTensor } from '../../src/ir/reference.ts'
import { batchNorm } from '../../src/nn/batch-norm.ts'
import { convBlock } from '../../src/nn/conv-block.ts'
import { dropout } from '../../src/nn/dropout.ts'
import { initialValue } from '../../src/nn/init.ts'
import type { Backend, HostArray } from '../../src/runtime/backend.ts'
import { hostArray, toNumbers } from '../../src/runtime/host-array.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { openXla, xlaPlugin } from '../conformance/plugin.ts'
import { gradientError } from '../nn/gradients.ts'
import { noise, TestModel } from '../nn/scope.ts'
import { checked, clip, documentOf, node, withParams } from './fixtures.ts'
import { lossAndGradients } from './staged.ts'

interface Size {
  readonly batch: number
  readonly image: number
  readonly width: number
  readonly depth: number
}

/** CLIP with deep towers. */
function deep({ batch, image, width, depth }: Size, gradientCheckpointing: boolean) {
  let doc = clip()
  for (const [id, params] of Object.entries({
    tokenizer: { vocabSize: 300 },
    batch: { size: batch, imageSize: image, textLength: 8, flip: 0.5 },
    vision: { width, depth, heads: 2, patch: 4 },
    text: { width, depth: 1, heads: 2 },
    image_projection: { size: 8 },
    text_projection: { size: 8 },
  }))
    doc = withParams(doc, id, params)
  const { program, weights } = lossAndGradients(checked(doc), 'loss.loss', { gradientCheckpointing })
  return { program: optimize(program), weights }
}

/** Weights a little off their start, noise for pictures, some texts. */
function argumentsOf({ program, weights }: ReturnType<typeof deep>): HostArray[] {
  const specs = new Map(weights.map(w => [w.name, w]))
  return program.inputs.map(({ name, value: { type } }) => {
    const spec = specs.get(name)
    const random = noise(name, type.shape)
    const start = spec && initialValue(spec.init, spec.shape, 3, name)
    return hostArray(
      type,
      random.map((v, i) => {
        if (start) return start[i]! + 0.1 * v
        if (name === 'key') return i + 1
        if (name.endsWith('/pixels')) return Math.floor((v + 1) * 128)
        return name.endsWith('/eot') ? 3 + (i % 4) : Math.floor((v + 1) * 150)
      }),
    )
  })
}

/** A loss that is the sum of the squares of one block. */
function withBlock(build: (s: Scope) => Var, options: Partial<StageOptions>) {
  const layer = defineDevice({
    type: 'layer.block',
    version: 1,
    title: 'Block',
    category: 'layer',
    doc: '',
    params: z.strictObject({}),
    inputs: {},
    types: () => ({ loss: lossPort }),
    build: s => {
      const y = s.block(build)
      const sum = s.b.sum(s.b.mul(y, y), [...y.type.shape.keys()])
      return { loss: { sum, count: s.b.scalar('f32', 1) } }
    },
  })
  const doc = documentOf({ layer: node('layer.block') })
  return lossAndGradients(checkGraph(doc, new Map([[layer.type, layer]])), 'layer.loss', options)
}

/** How many blocks are kept, and how many are computed again, by node. */
function blocks(program: Program): Record<string, number> {
  const found: Record<string, number> = {}
  for (const eq of program.equations)
    if (eq.prim.name === 'remat') {
      const what = `${eq.origin} ${eq.params.again ? 'again' : 'first'}`
      found[what] = (found[what] ?? 0) + 1
    }
  return found
}

/** The largest difference of a result, relative to the largest of its numbers. */
const difference = (got: readonly Float64Array[], want: readonly Float64Array[]): number =>
  Math.max(
    ...want.map((w, k) => {
      const scale = w.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-30)
      return w.reduce((most, v, i) => Math.max(most, Math.abs(got[k]![i]! - v)), 0) / scale
    }),
  )

const SMALL: Size = { batch: 2, image: 8, width: 8, depth: 3 }

describe('gradient checkpointing', () => {
  it('makes each block of a transformer one region, computed once and once again', () => {
    expect(blocks(deep(SMALL, false).program)).toEqual({})
    expect(blocks(deep(SMALL, true).program)).toEqual({
      'text first': 1,
      'vision first': 3,
      'vision again': 3,
      'text again': 1,
    })
  })

  it('is what Train says, and nothing that an evaluator computes twice', () => {
    const doc = withParams(clip(), 'train', { gradientCheckpointing: true })
    const schedule = { kind: 'constant', base: 0.1, warmupSteps: 0, totalSteps: 1, final: 0 } as const
    const sgd = { kind: 'sgd', momentum: 0, nesterov: false, weightDecay: 0, schedule } as const
    const [step] = buildTrainStep(checked(doc), 'train', [sgd]).variants
    expect(blocks(step!.program)).toMatchObject({ 'vision again': 4, 'text again': 2 })
    expect(blocks(buildWireSlice(checked(doc), 'image_unit.output', 2).program)).toEqual({})
  })

  it('of what is inside a block, only its input and its weights are read by the gradient', () => {
    const { program } = deep(SMALL, true)
    const known = new Set(program.inputs.map(i => i.value))
    for (const eq of program.equations) {
      if (eq.prim.name !== 'remat' || eq.params.again) continue
      // One result, the input of the next block: nothing else leaves the first computation.
      expect(eq.outs).toHaveLength(1)
      expect(eq.ins.filter(v => !known.has(v)).length).toBeLessThanOrEqual(1)
      expect(regionsOf(eq)[0]!.equations.length).toBeGreaterThan(30)
    }
  })

  it('leaves loss and gradients as they are', () => {
    const [kept, again] = [deep(SMALL, false), deep(SMALL, true)]
    const values = argumentsOf(kept).map(a => refTensor(a.type, toNumbers(a)))
    const results = [kept, again].map(({ program }) => evaluate(program, values).map(r => r.data))
    expect(difference(results[1]!, results[0]!)).toBeLessThan(1e-12)
  })

  it('draws the same random numbers when a block is computed again', () => {
    const values = (gradientCheckpointing: boolean) => {
      const { program } = withBlock(c => dropout(c, c.b.mul(c.weight('w', [64], { kind: 'ones' }), 2), 0.5), {
        gradientCheckpointing,
      })
      expect(blocks(program)).toEqual(gradientCheckpointing ? { 'layer first': 1, 'layer again': 1 } : {})
      const args = program.inputs.map(({ name, value: { type } }) =>
        refTensor(type, name === 'key' ? [3, 4] : noise(name, type.shape)),
      )
      return evaluate(program, args).map(r => r.data)
    }
    const [kept, again] = [values(false), values(true)]
    expect(again).toEqual(kept)
    const mask = kept[1]!.map(g => Number(g !== 0))
    expect(mask.reduce((n, one) => n + one, 0)).toBeGreaterThan(15)
    expect(mask).toContain(0)
  })

  it('leaves a block alone that updates state: the update reads its inner values', () => {
    const updates = new StateUpdates()
    const { program, b, inputs } = withBlock(c => batchNorm(c, c.weight('x', [3, 4], { kind: 'ones' })), {
      gradientCheckpointing: true,
      updates: updates.staging(),
    })
    expect(blocks(program)).toEqual({})
    expect([...updates.apply(b, inputs, ['layer']).keys()]).toEqual([
      'layer/running_mean',
      'layer/running_var',
    ])
  })

  it('is a convolution block’s too', () => {
    const build = (m: TestModel) => convBlock(m.s, m.input('x', 'f32[1,4,4,4]'), { width: 8, groups: 2 })
    const m = new TestModel('train', 'f32', true)
    const program = m.program({ y: build(m) })
    expect(program.equations.map(eq => eq.prim.name)).toEqual(['remat'])
    expect(gradientError(build, {}, new TestModel('train', 'f32', true))).toBeLessThan(1e-7)
  })
})

const plugin = xlaPlugin()

if ('missing' in plugin) {
  it.skip(`gradient checkpointing on XLA (skipped: ${plugin.missing})`, () => {})
} else {
  describe('gradient checkpointing on XLA', () => {
    let backend: Backend
    beforeAll(async () => {
      backend = await openXla(plugin.path)
    })
    afterAll(() => backend.close())

    it('needs less than a third of the memory, for the same loss and gradients', async () => {
      const size = { batch: 16, image: 32, width: 32, depth: 6 }
      const run = async (staged: ReturnType<typeof deep>) => {
        const executable = await backend.compile(staged.program)
        const args = argumentsOf(staged).map(a => backend.upload(a))
        const results = await executable.run(args)
        const values = await Promise.all(results.map(async r => toNumbers(await r.toHost())))
        for (const a of [...args, ...results]) a.free()
        executable.free()
        return { values, bytes: executable.memory!.temporaryBytes }
      }
      const kept = await run(deep(size, false))
      const again = await run(deep(size, true))
      expect(again.bytes).toBeLessThan(kept.bytes / 3)
      expect(difference(again.values, kept.values)).toBeLessThan(5e-6)
    }, 120_000)
  })
}
