import { describe, expect, test } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { dropout } from '../../src/nn/dropout.ts'
import { rmsNorm } from '../../src/nn/rms-norm.ts'
import { swiGlu } from '../../src/nn/swiglu.ts'
import { describeGolden } from './golden.ts'
import { compareLayer, type GoldenLayer } from './golden-layer.ts'
import { gradientError } from './gradients.ts'
import { run, TestModel } from './scope.ts'

interface Golden {
  readonly rms_norm: GoldenLayer & { readonly eps: number }
  readonly swiglu: GoldenLayer & { readonly hidden: number }
}

describeGolden<Golden>('layers', ({ rms_norm, swiglu }) => {
  test('RMS norm is torch.nn.RMSNorm', () => {
    compareLayer(rms_norm, (m, { x }) => rmsNorm(m.s, x!, { eps: rms_norm.eps }))
  })

  test("SwiGLU is Llama's MLP", () => {
    compareLayer(swiglu, (m, { x }) => swiGlu(m.s, x!, { hidden: swiglu.hidden }))
  })
})

describe('RMS norm and SwiGLU', () => {
  test('gradients', () => {
    expect(gradientError(m => rmsNorm(m.s, m.input('x', 'f32[2,3,4]')))).toBeLessThan(1e-7)
    const mlp = (m: TestModel) => swiGlu(m.s, m.input('x', 'f32[2,4]'), { hidden: 5, bias: true })
    expect(gradientError(mlp)).toBeLessThan(1e-7)
  })

  test('RMS norm printed', () => {
    const m = new TestModel()
    expect(m.print({ y: rmsNorm(m.s, m.input('x', 'f32[2,3,4]')) })).toMatchInlineSnapshot(`
      "program test(%0:f32[2,3,4] x, %1:f32[4] weight) {
        %2:f32[6,4] = reshape{shape=[6,4]} %0
        %3:f32[6,4] = mul %2 %2
        %4:f32[] = constant{values=[0.25]}
        %5:f32[4] = broadcast{shape=[4] dims=[]} %4
        %6:f32[6] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[0]} %3 %5
        %7:f32[] = constant{values=[0.000001]}
        %8:f32[6] = broadcast{shape=[6] dims=[]} %7
        %9:f32[6] = add %6 %8
        %10:f32[6] = rsqrt %9
        %11:f32[6,4] = broadcast{shape=[6,4] dims=[0]} %10
        %12:f32[6,4] = mul %2 %11
        %13:f32[6,4] = broadcast{shape=[6,4] dims=[1]} %1
        %14:f32[6,4] = mul %12 %13
        %15:f32[2,3,4] = reshape{shape=[2,3,4]} %14
        return y=%15
      }
      "
    `)
  })
})

describe('dropout', () => {
  const COUNT = 20_000

  /** What is left of ones, and the gradient of their sum. */
  const dropped = (rate: number, key: readonly number[]) => {
    const m = new TestModel()
    const x = m.input('x', `f32[${COUNT}]`)
    const y = dropout(m.s, x, rate)
    const [dx] = gradient(m.b, m.b.sum(y, [0]), [x])
    return run(m.program({ y, dx: dx! }), { x: new Array(COUNT).fill(1), 'key:dropout': key })
  }

  test.each([0.1, 0.5, 0.9])('drops a share of %s and scales the rest up', rate => {
    const { y, dx } = dropped(rate, [1, 2])
    const kept = y!.filter(v => v !== 0)
    expect(kept.every(v => v === 1 / (1 - rate))).toBe(true)
    // Four standard deviations of a binomial share.
    const deviation = Math.sqrt((rate * (1 - rate)) / COUNT)
    expect(Math.abs(kept.length / COUNT - (1 - rate))).toBeLessThan(4 * deviation)
    expect(Math.abs(y!.reduce((s, v) => s + v) / COUNT - 1)).toBeLessThan((4 * deviation) / (1 - rate))
    expect(dx).toEqual(y)
  })

  test('is a function of its key, and neighbours are independent', () => {
    const { y } = dropped(0.5, [1, 2])
    expect(dropped(0.5, [1, 2]).y).toEqual(y)
    const other = dropped(0.5, [1, 3]).y!
    const agree = (a: Float64Array, c: Float64Array): number =>
      a.filter((v, i) => v === c[i]).length / a.length
    expect(Math.abs(agree(y!, other) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / COUNT))
    expect(Math.abs(agree(y!.slice(1), y!.slice(0, -1)) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / COUNT))
  })

  test('what is dropped leaves no trace, not even of an infinity', () => {
    const m = new TestModel()
    const y = dropout(m.s, m.input('x', 'f32[64]'), 0.5)
    const values = { x: new Array(64).fill(Number.POSITIVE_INFINITY), 'key:dropout': [3, 4] }
    expect(run(m.program({ y }), values).y!.filter(v => v === 0).length).toBeGreaterThan(10)
  })

  test('does nothing in eval mode or at a rate of 0, and needs no key then', () => {
    const evaluating = new TestModel('eval')
    const x = evaluating.input('x', 'f32[4]')
    expect(dropout(evaluating.s, x, 0.5)).toBe(x)
    const training = new TestModel()
    const z = training.input('x', 'f32[4]')
    expect(dropout(training.s, z, 0)).toBe(z)
  })

  test.each([1, -0.1, Number.NaN])('a rate of %s is refused', rate => {
    const m = new TestModel()
    expect(() => dropout(m.s, m.input('x', 'f32[4]'), rate)).toThrow(`a dropout rate of ${rate}`)
  })
})
