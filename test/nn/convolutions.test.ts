import { describe, expect, test } from 'vitest'
import { BuildError } from '../../src/ir/builder.ts'
import {
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  convTranspose2d,
} from '../../src/nn/conv.ts'
import { type ConvBlockOptions, convBlock } from '../../src/nn/conv-block.ts'
import { groupNorm } from '../../src/nn/group-norm.ts'
import { avgPool2d, maxPool2d, type PoolOptions } from '../../src/nn/pool.ts'
import { describeGolden } from './golden.ts'
import { compareLayer, type GoldenLayer } from './golden-layer.ts'
import { gradientError } from './gradients.ts'
import { difference, run, TestModel, withNoise } from './scope.ts'

type With<O> = GoldenLayer & { readonly options: O }
type Sized<O> = With<O> & { readonly out: number }

interface Golden {
  readonly conv2d: readonly Sized<ConvOptions>[]
  readonly conv1d: Sized<ConvOptions>
  readonly transposed: readonly Sized<ConvTransposeOptions>[]
  readonly max_pool: readonly With<PoolOptions>[]
  readonly avg_pool: readonly With<PoolOptions & { readonly countPadding?: boolean }>[]
  readonly group_norm: With<{ readonly groups: number; readonly eps: number }>
  readonly block: readonly With<ConvBlockOptions>[]
}

describeGolden<Golden>('convolutions', golden => {
  const named = <T extends With<unknown>>(cases: readonly T[]) =>
    cases.map(c => [JSON.stringify(c.options), c] as const)

  test.each(named(golden.conv2d))('conv2d is torch.nn.Conv2d: %s', (_, c) => {
    compareLayer(c, (m, { x }) => conv2d(m.s, x!, c.out, c.options))
  })

  test('conv1d is torch.nn.Conv1d', () => {
    const c = golden.conv1d
    compareLayer(c, (m, { x }) => conv1d(m.s, x!, c.out, c.options))
  })

  test.each(named(golden.transposed))('convTranspose2d is torch.nn.ConvTranspose2d: %s', (_, c) => {
    compareLayer(c, (m, { x }) => convTranspose2d(m.s, x!, c.out, c.options))
  })

  // The last case has many equal values: the first takes the gradient.
  test.each(named(golden.max_pool))('maxPool2d is torch.nn.MaxPool2d: %s', (_, c) => {
    compareLayer(c, (m, { x }) => maxPool2d(m.b, x!, c.options))
  })

  test.each(named(golden.avg_pool))('avgPool2d is torch.nn.AvgPool2d: %s', (_, c) => {
    compareLayer(c, (m, { x }) => avgPool2d(m.b, x!, c.options))
  })

  test('groupNorm is torch.nn.GroupNorm', () => {
    const { group_norm: c } = golden
    compareLayer(c, (m, { x }) => groupNorm(m.s.child('norm'), x!, c.options))
  })

  test.each(named(golden.block))("convBlock is diffusers' ResnetBlock2D: %s", (_, c) => {
    compareLayer(c, (m, { x }) => convBlock(m.s, x!, c.options))
  })
})

describe('convolution layers', () => {
  test('gradients', () => {
    const uneven = { kernel: 3, stride: 2, padding: { low: [1, 0], high: [2, 1] } }
    expect(gradientError(m => conv2d(m.s, m.input('x', 'f32[2,5,4,2]'), 3, uneven))).toBeLessThan(1e-7)
    const up = { kernel: 4, stride: 2, padding: 1, groups: 2 }
    expect(gradientError(m => convTranspose2d(m.s, m.input('x', 'f32[2,3,2,4]'), 6, up))).toBeLessThan(1e-7)
    const block = { width: 4, groups: 2 }
    expect(gradientError(m => convBlock(m.s, m.input('x', 'f32[1,3,3,2]'), block))).toBeLessThan(1e-7)
  })

  test('a 1 × 1 convolution keeps any leading axes', () => {
    const results = ['f32[2,3,4,5,2]', 'f32[6,4,5,2]', 'f32[4,5,2]'].map(type => {
      const m = new TestModel()
      const x = m.input('x', type)
      const program = m.program({ y: conv2d(m.s, x, 3, { kernel: 1 }) })
      expect(program.outputs[0]!.value.type.shape).toEqual([...x.type.shape.slice(0, -1), 3])
      return run(program, withNoise(program)).y!
    })
    expect(difference(results[0]!, results[1]!)).toBe(0)
    expect(difference(results[1]!.subarray(0, 60), results[2]!)).toBe(0)
  })

  test("starts within fanIn^-½, as torch's", () => {
    const m = new TestModel()
    const x = m.input('x', 'f32[1,8,8,4]')
    conv2d(m.s.child('a'), x, 6, { kernel: [2, 8], groups: 2 })
    convTranspose2d(m.s.child('b'), x, 6, { kernel: 2, groups: 2, init: { kind: 'zeros' } })
    expect(m.weights.get('a/weight')!.init).toEqual({ kind: 'uniform', bound: 32 ** -0.5 })
    expect(m.weights.get('a/bias')!.init).toEqual({ kind: 'uniform', bound: 32 ** -0.5 })
    expect(m.weights.get('b/weight')!.init).toEqual({ kind: 'zeros' })
    expect(m.weights.get('b/bias')!.init).toEqual({ kind: 'uniform', bound: 12 ** -0.5 })
  })

  test('refusals', () => {
    const m = new TestModel()
    const x = m.input('x', 'f32[1,4,4,6]')
    const refused = (build: () => unknown): string => {
      try {
        build()
      } catch (e) {
        if (e instanceof BuildError) return e.message
        throw e
      }
      return 'built'
    }
    expect([
      refused(() => conv2d(m.s, x, 4, { kernel: 3, groups: 4 })),
      refused(() => convTranspose2d(m.s, x, 4, { kernel: 3, stride: 2, outputPadding: 2 })),
      refused(() => conv2d(m.s, m.input('flat', 'f32[4,6]'), 4, { kernel: 3 })),
      refused(() => maxPool2d(m.b, x, { kernel: 2, padding: 2 })),
      refused(() => groupNorm(m.s, x, { groups: 4 })),
    ]).toMatchInlineSnapshot(`
      [
        "4 groups don't divide the 6 channels of f32[1,4,4,6] and 4 features",
        "output padding [2,2] must be smaller than the stride [2,2] or the dilation [1,1]",
        "needs 2 spatial axes and channels, got f32[4,6]",
        "padding [2,2] is more than half of the window [2,2]",
        "4 groups don't divide the channels of f32[1,4,4,6]",
      ]
    `)
  })
})
