import { describe, expect, test } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { erf64 } from '../../src/ir/ops/erf.ts'
import type { Var } from '../../src/ir/program.ts'
import { type Activation, activations } from '../../src/nn/activations.ts'
import { embedding, takeAlong } from '../../src/nn/embedding.ts'
import { layerNorm } from '../../src/nn/layer-norm.ts'
import { linear } from '../../src/nn/linear.ts'
import { l2Normalize } from '../../src/nn/normalize.ts'
import { patchEmbedding, patchify } from '../../src/nn/patch.ts'
import { logSoftmax, logSumExp, softmax } from '../../src/nn/softmax.ts'
import { gradientError } from './gradients.ts'
import { difference, noise, run, TestModel, type Values, withNoise } from './scope.ts'

/** Builds, evaluates, and gives the result and the values that went in. */
function evaluate(build: (m: TestModel) => Var, values: Values = {}): { y: Float64Array; values: Values } {
  const model = new TestModel()
  const program = model.program({ y: build(model) })
  const given = withNoise(program, values)
  return { y: run(program, given).y!, values: given }
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

describe('linear', () => {
  test('is x Wᵀ + bias over the last axis', () => {
    const { y, values } = evaluate(m => linear(m.s, m.input('x', 'f32[2,3,4]'), 5))
    const { x, weight, bias } = values
    const expected = range(2 * 3 * 5).map(p => {
      const [n, o] = [Math.floor(p / 5), p % 5]
      return range(4).reduce((s, i) => s + x![n * 4 + i]! * weight![o * 4 + i]!, bias![o]!)
    })
    expect(difference(y, expected)).toBeLessThan(1e-12)
  })

  test('starts with the asked deviation, or in^-½', () => {
    const model = new TestModel()
    const x = model.input('x', 'f32[2,16]')
    linear(model.s.child('a'), x, 3)
    linear(model.s.child('b'), x, 3, { std: 0.5, bias: false })
    linear(model.s.child('c'), x, 3, { init: { kind: 'zeros' } })
    expect(model.weights.get('a/weight')!.init).toEqual({ kind: 'normal', std: 0.25 })
    expect(model.weights.get('a/bias')!.init).toEqual({ kind: 'zeros' })
    expect(model.weights.get('b/weight')!.init).toEqual({ kind: 'normal', std: 0.5 })
    expect(model.weights.has('b/bias')).toBe(false)
    expect(model.weights.get('c/weight')!.init).toEqual({ kind: 'zeros' })
  })

  test('gradient', () => {
    expect(gradientError(m => linear(m.s, m.input('x', 'f32[2,3,4]'), 5))).toBeLessThan(1e-8)
  })

  // The gradient of the weight contracts one axis: the fast form on XLA's CPU compiler.
  test('printed with its gradient', () => {
    const model = new TestModel()
    const x = model.input('x', 'f32[2,3,4]')
    const y = linear(model.s, x, 5)
    const loss = model.b.sum(model.b.mul(y, y), [0, 1, 2])
    const weights = [...model.weights.values()].map(w => w.value)
    const [dx, dw, db] = gradient(model.b, loss, [x, ...weights])
    expect(model.print({ y, dx: dx!, dw: dw!, db: db! })).toMatchInlineSnapshot(`
      "program test(%0:f32[2,3,4] x, %1:f32[5,4] weight, %2:f32[5] bias) {
        %3:f32[6,4] = reshape{shape=[6,4]} %0
        %4:f32[6,5] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[1]} %3 %1
        %5:f32[6,5] = broadcast{shape=[6,5] dims=[1]} %2
        %6:f32[6,5] = add %4 %5
        %7:f32[2,3,5] = reshape{shape=[2,3,5]} %6
        %8:f32[] = constant{values=[1]}
        %9:f32[2,3,5] = broadcast{shape=[2,3,5] dims=[]} %8
        %10:f32[2,3,5] = mul %9 %7
        %11:f32[2,3,5] = mul %9 %7
        %12:f32[2,3,5] = add %10 %11
        %13:f32[6,5] = reshape{shape=[6,5]} %12
        %14:f32[5] = reduce_sum{axes=[0]} %13
        %15:f32[6,4] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[0]} %13 %1
        %16:f32[4,5] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[0] rhsContract=[0]} %3 %13
        %17:f32[5,4] = transpose{permutation=[1,0]} %16
        %18:f32[2,3,4] = reshape{shape=[2,3,4]} %15
        return y=%7, dx=%18, dw=%17, db=%14
      }
      "
    `)
  })
})

describe('layer norm', () => {
  test('is (x - mean) / √(var + eps) · weight + bias', () => {
    const { y, values } = evaluate(m => layerNorm(m.s, m.input('x', 'f32[2,3,4]'), { eps: 1e-3 }))
    const { x, weight, bias } = values
    const expected = range(24).map(p => {
      const row = range(4).map(i => x![p - (p % 4) + i]!)
      const mean = row.reduce((s, v) => s + v, 0) / 4
      const variance = row.reduce((s, v) => s + (v - mean) ** 2, 0) / 4
      return ((x![p]! - mean) / Math.sqrt(variance + 1e-3)) * weight![p % 4]! + bias![p % 4]!
    })
    expect(difference(y, expected)).toBeLessThan(1e-12)
  })

  test('gradient', () => {
    expect(gradientError(m => layerNorm(m.s, m.input('x', 'f32[2,3,4]')))).toBeLessThan(1e-7)
  })

  test('printed with its gradient', () => {
    const model = new TestModel()
    const x = model.input('x', 'f32[3,4]')
    const y = layerNorm(model.s, x)
    const [dx] = gradient(model.b, model.b.sum(model.b.mul(y, y), [0, 1]), [x])
    expect(model.print({ y, dx: dx! })).toMatchInlineSnapshot(`
      "program test(%0:f32[3,4] x, %1:f32[4] weight, %2:f32[4] bias) {
        %3:f32[] = constant{values=[0.25]}
        %4:f32[4] = broadcast{shape=[4] dims=[]} %3
        %5:f32[3] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[0]} %0 %4
        %6:f32[3,4] = broadcast{shape=[3,4] dims=[0]} %5
        %7:f32[3,4] = sub %0 %6
        %8:f32[3,4] = mul %7 %7
        %9:f32[3] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[0]} %8 %4
        %10:f32[] = constant{values=[0.00001]}
        %11:f32[3] = broadcast{shape=[3] dims=[]} %10
        %12:f32[3] = add %9 %11
        %13:f32[3] = rsqrt %12
        %14:f32[3,4] = broadcast{shape=[3,4] dims=[0]} %13
        %15:f32[3,4] = mul %7 %14
        %16:f32[3,4] = broadcast{shape=[3,4] dims=[1]} %1
        %17:f32[3,4] = mul %15 %16
        %18:f32[3,4] = broadcast{shape=[3,4] dims=[1]} %2
        %19:f32[3,4] = add %17 %18
        %20:f32[] = constant{values=[1]}
        %21:f32[3,4] = broadcast{shape=[3,4] dims=[]} %20
        %22:f32[3,4] = mul %21 %19
        %23:f32[3,4] = mul %21 %19
        %24:f32[3,4] = add %22 %23
        %25:f32[3,4] = mul %24 %16
        %26:f32[3,4] = mul %25 %14
        %27:f32[3,4] = mul %25 %7
        %28:f32[3] = reduce_sum{axes=[1]} %27
        %29:f32[] = constant{values=[-0.5]}
        %30:f32[3] = broadcast{shape=[3] dims=[]} %29
        %31:f32[3] = mul %13 %30
        %32:f32[3] = div %31 %12
        %33:f32[3] = mul %28 %32
        %34:f32[3,4] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[] rhsContract=[]} %33 %4
        %35:f32[3,4] = mul %34 %7
        %36:f32[3,4] = mul %34 %7
        %37:f32[3,4] = add %26 %35
        %38:f32[3,4] = add %37 %36
        %39:f32[3,4] = neg %38
        %40:f32[3] = reduce_sum{axes=[1]} %39
        %41:f32[3,4] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[] rhsContract=[]} %40 %4
        %42:f32[3,4] = add %38 %41
        return y=%19, dx=%42
      }
      "
    `)
  })
})

describe('activations', () => {
  const x = range(17).map(i => (i - 8) / 2)
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v))
  const exact: Record<Activation, (v: number) => number> = {
    gelu: v => (v / 2) * (1 + erf64(v / Math.SQRT2)),
    gelu_pytorch_tanh: v => (v / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))),
    quick_gelu: v => v * sigmoid(1.702 * v),
    relu: v => Math.max(v, 0),
    silu: v => v * sigmoid(v),
  }
  test.each(Object.keys(activations) as Activation[])('%s', name => {
    const build = (m: TestModel): Var => activations[name](m.b, m.input('x', 'f32[17]'))
    expect(difference(evaluate(build, { x }).y, x.map(exact[name]))).toBeLessThan(1e-12)
    // Away from 0, where relu has a corner.
    expect(gradientError(build, { x: x.map(v => v + 0.1) })).toBeLessThan(1e-7)
  })
})

describe('softmax', () => {
  test('sums to 1 along its axis and survives large numbers', () => {
    const x = [1e4, 1e4 - 1, -1e4, 0, 1, 2]
    const { y } = evaluate(m => softmax(m.b, m.input('x', 'f32[2,3]')), { x })
    const e = [1, Math.exp(-1), 0, Math.exp(-2), Math.exp(-1), 1]
    const [first, second] = [1 + Math.exp(-1), 1 + Math.exp(-1) + Math.exp(-2)]
    expect(
      difference(
        y,
        e.map((v, i) => v / (i < 3 ? first : second)),
      ),
    ).toBeLessThan(1e-12)
    const columns = evaluate(m => m.b.sum(softmax(m.b, m.input('x', 'f32[2,3]'), 0), [0]), { x }).y
    expect(difference(columns, [1, 1, 1])).toBeLessThan(1e-12)
  })

  test('log forms agree with it', () => {
    const { y } = evaluate(m => {
      const x = m.input('x', 'f32[2,3,4]')
      return m.b.sub(m.b.exp(logSoftmax(m.b, x, 1)), softmax(m.b, x, 1))
    })
    expect(difference(y, new Array(24).fill(0))).toBeLessThan(1e-12)
    const lse = evaluate(m => logSumExp(m.b, m.input('x', 'f32[2,3]'))).y
    const x = noise('x', [2, 3])
    expect(
      difference(
        lse,
        [0, 3].map(i => Math.log([0, 1, 2].reduce((s, k) => s + Math.exp(x[i + k]!), 0))),
      ),
    ).toBeLessThan(1e-12)
  })

  test.each([
    ['softmax', softmax],
    ['logSoftmax', logSoftmax],
    ['logSumExp', logSumExp],
  ])('gradient of %s', (_, f) => {
    expect(gradientError(m => f(m.b, m.input('x', 'f32[2,3,4]'), 1))).toBeLessThan(1e-8)
  })
})

describe('L2 normalise', () => {
  test('makes unit rows, and divides short ones by eps', () => {
    const x = [3, 4, 0, 0, 1e-4, 0]
    const { y } = evaluate(m => l2Normalize(m.b, m.input('x', 'f32[3,2]'), { eps: 1e-3 }), { x })
    expect(difference(y, [0.6, 0.8, 0, 0, 0.1, 0])).toBeLessThan(1e-12)
  })

  test('works along any axis', () => {
    const { y } = evaluate(m => l2Normalize(m.b, m.input('x', 'f32[2,2]'), { axis: 0 }), { x: [3, 1, 4, 0] })
    expect(difference(y, [0.6, 1, 0.8, 0])).toBeLessThan(1e-12)
  })

  test('gradient, also at 0, where it is ct / eps', () => {
    expect(gradientError(m => l2Normalize(m.b, m.input('x', 'f32[3,4]')))).toBeLessThan(1e-8)
    const model = new TestModel()
    const x = model.input('x', 'f32[1,3]')
    const y = model.b.mul(l2Normalize(model.b, x, { eps: 1e-3 }), model.b.constant(x.type, [1, 2, 3]))
    const [dx] = gradient(model.b, model.b.sum(y, [0, 1]), [x])
    const results = run(model.program({ dx: dx! }), { x: [0, 0, 0] })
    expect(difference(results.dx!, [1e3, 2e3, 3e3])).toBeLessThan(1e-9)
  })
})

describe('embedding', () => {
  test('takes rows; the gradient adds up where ids repeat', () => {
    const model = new TestModel()
    const ids = model.input('ids', 's32[2,2]')
    const y = embedding(model.s, ids, { vocab: 4, width: 3 })
    const table = model.weights.get('weight')!.value
    const [grad] = gradient(model.b, model.b.sum(y, [0, 1, 2]), [table])
    const program = model.program({ y, grad: grad! })
    const results = run(program, { ids: [2, 0, 2, 3], weight: range(12) })
    expect([...results.y!]).toEqual([6, 7, 8, 0, 1, 2, 6, 7, 8, 9, 10, 11])
    expect([...results.grad!]).toEqual([1, 1, 1, 0, 0, 0, 2, 2, 2, 1, 1, 1])
  })

  test('takeAlong takes one row of each sequence', () => {
    const build = (m: TestModel): Var => takeAlong(m.b, m.input('x', 'f32[2,3,2]'), m.input('at', 's32[2]'))
    expect([...evaluate(build, { x: range(12), at: [2, 0] }).y]).toEqual([4, 5, 6, 7])
    expect(gradientError(build, { at: [2, 0] })).toBeLessThan(1e-8)
  })
})

describe('patches', () => {
  test('run over rows, columns and channels', () => {
    const { y } = evaluate(m => patchify(m.b, m.input('x', 'f32[1,2,4,2]'), 2), { x: range(16) })
    expect([...y]).toEqual([0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15])
  })

  test('embed as a convolution whose stride is its size', () => {
    const { y, values } = evaluate(m =>
      patchEmbedding(m.s, m.input('image', 'f32[2,4,6,3]'), { patch: 2, width: 5 }),
    )
    const { image, weight } = values
    const expected = range(2 * 6 * 5).map(p => {
      const [n, row, column, out] = [
        Math.floor(p / 30),
        Math.floor((p % 30) / 15),
        Math.floor((p % 15) / 5),
        p % 5,
      ]
      let sum = 0
      for (const c of range(3))
        for (const dy of range(2))
          for (const dx of range(2)) {
            const pixel = ((n * 4 + row * 2 + dy) * 6 + column * 2 + dx) * 3 + c
            sum += image![pixel]! * weight![((out * 3 + c) * 2 + dy) * 2 + dx]! // weight [D, C, P, P]
          }
      return sum
    })
    expect(difference(y, expected)).toBeLessThan(1e-12)
  })

  test('that do not divide the picture are refused', () => {
    const model = new TestModel()
    expect(() => patchify(model.b, model.input('x', 'f32[1,5,4,3]'), 2)).toThrow(
      "patches of 2 don't divide the picture f32[1,5,4,3]",
    )
  })
})
