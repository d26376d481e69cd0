import { describe, expect, test } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { Var } from '../../src/ir/program.ts'
import { infoNce, infoNceOneWay } from '../../src/nn/contrastive.ts'
import { logitScale } from '../../src/nn/logit-scale.ts'
import { l2Normalize } from '../../src/nn/normalize.ts'
import { describeGolden, type GoldenArray, tolerance } from './golden.ts'
import { gradientError } from './gradients.ts'
import { difference, noise, run, TestModel } from './scope.ts'

interface Case {
  readonly batch: number
  readonly embed: number
  readonly logit_scale_is: string
  readonly logit_scale: GoldenArray
  readonly image: GoldenArray
  readonly text: GoldenArray
  readonly loss: GoldenArray
  readonly grad_image: GoldenArray
  readonly grad_text: GoldenArray
  readonly grad_logit_scale: GoldenArray
}

const similarities = (model: TestModel, image: Var, text: Var): Var =>
  model.b.dotGeneral(image, text, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] })

describeGolden<{ cases: readonly Case[] }>('infonce', ({ cases }) => {
  test.each(
    cases.map(c => [`${c.batch} × ${c.embed}, s = ${c.logit_scale_is}, ${c.loss.dtype}`, c] as const),
  )('loss and gradients are ClipLoss: %s', (_, c) => {
    const model = new TestModel()
    const { b } = model
    const image = model.input('image', `f32[${c.batch},${c.embed}]`)
    const text = model.input('text', `f32[${c.batch},${c.embed}]`)
    const scale = logitScale(model.s)
    const cosines = similarities(model, l2Normalize(b, image), l2Normalize(b, text))
    const { sum, count } = infoNce(b, b.mul(cosines, scale))
    const loss = b.div(sum, count)
    const log = model.weights.get('logit_scale')!.value
    const [gradImage, gradText, gradScale] = gradient(b, loss, [image, text, log])
    const program = model.program({ loss, gradImage: gradImage!, gradText: gradText!, gradScale: gradScale! })
    const results = run(program, {
      image: c.image.data,
      text: c.text.data,
      logit_scale: c.logit_scale.data,
    })
    const tol = tolerance(c.loss)
    expect(difference(results.loss!, c.loss.data)).toBeLessThan(tol)
    // Float32 gradients were rounded many times over there; here they are exact.
    const gradTol = c.loss.dtype === 'f64' ? tol : 1e-4
    expect(difference(results.gradImage!, c.grad_image.data)).toBeLessThan(gradTol)
    expect(difference(results.gradText!, c.grad_text.data)).toBeLessThan(gradTol)
    expect(difference(results.gradScale!, c.grad_logit_scale.data)).toBeLessThan(gradTol)
  })
})

/** The loss of given logits, with positives if given. */
function lossOf(
  loss: typeof infoNce,
  [rows, columns]: readonly [number, number],
  logits: ArrayLike<number>,
  options: { positives?: ArrayLike<number>; labelSmoothing?: number } = {},
): { sum: number; count: number; mean: number } {
  const model = new TestModel()
  const x = model.input('logits', `f32[${rows},${columns}]`)
  const positives = options.positives && model.input('positives', `bool[${rows},${columns}]`)
  const terms = loss(model.b, x, { positives, labelSmoothing: options.labelSmoothing })
  const program = model.program({ ...terms })
  const results = run(program, { logits, ...(options.positives && { positives: options.positives }) })
  const [sum, count] = [results.sum![0]!, results.count![0]!]
  return { sum, count, mean: sum / count }
}

const identity = (n: number): number[] => Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0))

/** Cross-entropy of one row with a target distribution, written out. */
function entropy(row: readonly number[], target: readonly number[]): number {
  const total = Math.log(row.reduce((s, x) => s + Math.exp(x), 0))
  return row.reduce((s, x, j) => s + target[j]! * (total - x), 0)
}

describe('InfoNCE', () => {
  test('equal logits say nothing: the loss is ln B', () => {
    const { mean, count } = lossOf(infoNce, [7, 7], new Array(49).fill(0))
    expect(mean).toBeCloseTo(Math.log(7), 12)
    expect(count).toBe(7)
    expect(lossOf(infoNce, [7, 7], new Array(49).fill(3)).mean).toBeCloseTo(Math.log(7), 12)
  })

  test('the identity as positives is the default', () => {
    const logits = noise('logits', [5, 5])
    expect(lossOf(infoNce, [5, 5], logits, { positives: identity(5) })).toEqual(
      lossOf(infoNce, [5, 5], logits),
    )
  })

  test('large logits neither overflow nor lose the loss', () => {
    const logits = identity(4).map(hit => (hit ? 1e4 : -1e4))
    expect(lossOf(infoNce, [4, 4], logits).mean).toBe(0)
    const wrong = logits.map(x => -x)
    expect(lossOf(infoNce, [4, 4], wrong).mean).toBeCloseTo(2e4 + Math.log(3), 8)
  })

  test('several positives share the target; a row without one is left out', () => {
    const logits = [...noise('logits', [3, 4])]
    const positives = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    const { sum, count } = lossOf(infoNceOneWay, [3, 4], logits, { positives })
    const expected = entropy(logits.slice(0, 4), [0.5, 0.5, 0, 0]) + entropy(logits.slice(8), [0, 0, 0, 1])
    expect(sum).toBeCloseTo(expected, 12)
    expect(count).toBe(2)
  })

  test('both directions weigh the same where their counts differ', () => {
    const logits = [...noise('logits', [2, 3])]
    const positives = [1, 1, 0, 0, 0, 1] // two rows and three columns have one
    const column = (j: number): number[] => [logits[j]!, logits[3 + j]!]
    const rows = entropy(logits.slice(0, 3), [0.5, 0.5, 0]) + entropy(logits.slice(3), [0, 0, 1])
    const columns = entropy(column(0), [1, 0]) + entropy(column(1), [1, 0]) + entropy(column(2), [0, 1])
    const { mean } = lossOf(infoNce, [2, 3], logits, { positives })
    expect(mean).toBeCloseTo((rows / 2 + columns / 3) / 2, 12)
  })

  test('extra columns without a positive are negatives only', () => {
    const logits = [...noise('logits', [2, 3])]
    const { mean, count } = lossOf(infoNceOneWay, [2, 3], logits)
    const expected = entropy(logits.slice(0, 3), [1, 0, 0]) + entropy(logits.slice(3), [0, 1, 0])
    expect(mean).toBeCloseTo(expected / 2, 12)
    expect(count).toBe(2)
  })

  test('label smoothing spreads its share over all columns', () => {
    const logits = [...noise('logits', [3, 3])]
    const { sum } = lossOf(infoNceOneWay, [3, 3], logits, { labelSmoothing: 0.3 })
    const expected = [0, 1, 2].reduce((s, i) => {
      const target = [0, 1, 2].map(j => (i === j ? 0.7 : 0) + 0.1)
      return s + entropy(logits.slice(3 * i, 3 * i + 3), target)
    }, 0)
    expect(sum).toBeCloseTo(expected, 12)
  })

  test('gradients agree with finite differences', () => {
    const error = gradientError(m => infoNce(m.b, m.input('logits', 'f32[4,4]'), { labelSmoothing: 0.1 }).sum)
    expect(error).toBeLessThan(1e-8)
  })

  test('positives of another shape are refused with both shapes', () => {
    const model = new TestModel()
    const logits = model.input('logits', 'f32[2,3]')
    const positives = model.input('positives', 'bool[3,2]')
    expect(() => infoNce(model.b, logits, { positives })).toThrow("bool[3,2] don't fit logits f32[2,3]")
  })

  test('printed', () => {
    const model = new TestModel()
    const logits = model.input('logits', 'f32[4,4]')
    const { sum, count } = infoNce(model.b, logits)
    expect(model.print({ sum, count })).toMatchInlineSnapshot(`
      "program test(%0:f32[4,4] logits) {
        %1:s32[4,4] = iota{dtype=s32 shape=[4,4] axis=0}
        %2:s32[4,4] = iota{dtype=s32 shape=[4,4] axis=1}
        %3:bool[4,4] = compare{direction=EQ} %1 %2
        %4:f32[4,4] = convert{dtype=f32} %3
        %5:f32[4] = reduce_sum{axes=[1]} %4
        %6:f32[] = constant{values=[0]}
        %7:f32[4,4] = broadcast{shape=[4,4] dims=[]} %6
        %8:f32[4,4] = select %3 %0 %7
        %9:f32[4] = reduce_sum{axes=[1]} %8
        %10:f32[] = constant{values=[1]}
        %11:f32[4] = broadcast{shape=[4] dims=[]} %10
        %12:f32[4] = max %5 %11
        %13:f32[4] = div %9 %12
        %14:f32[4] = broadcast{shape=[4] dims=[]} %10
        %15:f32[4] = min %5 %14
        %16:f32[4] = reduce_max{axes=[1]} %0
        %17:f32[4] = stop_gradient %16
        %18:f32[4,4] = broadcast{shape=[4,4] dims=[0]} %17
        %19:f32[4,4] = sub %0 %18
        %20:f32[4,4] = exp %19
        %21:f32[4] = reduce_sum{axes=[1]} %20
        %22:f32[4] = log %21
        %23:f32[4] = add %22 %17
        %24:f32[4] = sub %23 %13
        %25:f32[4] = mul %24 %15
        %26:f32[] = reduce_sum{axes=[0]} %25
        %27:f32[] = reduce_sum{axes=[0]} %15
        %28:f32[4,4] = transpose{permutation=[1,0]} %0
        %29:s32[4,4] = iota{dtype=s32 shape=[4,4] axis=0}
        %30:s32[4,4] = iota{dtype=s32 shape=[4,4] axis=1}
        %31:bool[4,4] = compare{direction=EQ} %29 %30
        %32:f32[4,4] = convert{dtype=f32} %31
        %33:f32[4] = reduce_sum{axes=[1]} %32
        %34:f32[4,4] = broadcast{shape=[4,4] dims=[]} %6
        %35:f32[4,4] = select %31 %28 %34
        %36:f32[4] = reduce_sum{axes=[1]} %35
        %37:f32[4] = broadcast{shape=[4] dims=[]} %10
        %38:f32[4] = max %33 %37
        %39:f32[4] = div %36 %38
        %40:f32[4] = broadcast{shape=[4] dims=[]} %10
        %41:f32[4] = min %33 %40
        %42:f32[4] = reduce_max{axes=[1]} %28
        %43:f32[4] = stop_gradient %42
        %44:f32[4,4] = broadcast{shape=[4,4] dims=[0]} %43
        %45:f32[4,4] = sub %28 %44
        %46:f32[4,4] = exp %45
        %47:f32[4] = reduce_sum{axes=[1]} %46
        %48:f32[4] = log %47
        %49:f32[4] = add %48 %43
        %50:f32[4] = sub %49 %39
        %51:f32[4] = mul %50 %41
        %52:f32[] = reduce_sum{axes=[0]} %51
        %53:f32[] = reduce_sum{axes=[0]} %41
        %54:f32[] = max %53 %10
        %55:f32[] = div %27 %54
        %56:f32[] = mul %52 %55
        %57:f32[] = add %26 %56
        %58:f32[] = constant{values=[0.5]}
        %59:f32[] = mul %57 %58
        return sum=%59, count=%27
      }
      "
    `)
  })

  test('printed gradient', () => {
    const model = new TestModel()
    const logits = model.input('logits', 'f32[4,4]')
    const { sum, count } = infoNceOneWay(model.b, logits)
    const [grad] = gradient(model.b, model.b.div(sum, count), [logits])
    expect(model.print({ grad: grad! })).toMatchInlineSnapshot(`
      "program test(%0:f32[4,4] logits) {
        %1:s32[4,4] = iota{dtype=s32 shape=[4,4] axis=0}
        %2:s32[4,4] = iota{dtype=s32 shape=[4,4] axis=1}
        %3:bool[4,4] = compare{direction=EQ} %1 %2
        %4:f32[4,4] = convert{dtype=f32} %3
        %5:f32[4] = reduce_sum{axes=[1]} %4
        %6:f32[] = constant{values=[0]}
        %7:f32[] = constant{values=[1]}
        %8:f32[4] = broadcast{shape=[4] dims=[]} %7
        %9:f32[4] = max %5 %8
        %10:f32[4] = broadcast{shape=[4] dims=[]} %7
        %11:f32[4] = min %5 %10
        %12:f32[4] = reduce_max{axes=[1]} %0
        %13:f32[4] = stop_gradient %12
        %14:f32[4,4] = broadcast{shape=[4,4] dims=[0]} %13
        %15:f32[4,4] = sub %0 %14
        %16:f32[4,4] = exp %15
        %17:f32[4] = reduce_sum{axes=[1]} %16
        %18:f32[] = reduce_sum{axes=[0]} %11
        %19:f32[] = div %7 %18
        %20:f32[4] = broadcast{shape=[4] dims=[]} %19
        %21:f32[4] = mul %20 %11
        %22:f32[4] = neg %21
        %23:f32[4] = div %21 %17
        %24:f32[4,4] = broadcast{shape=[4,4] dims=[0]} %23
        %25:f32[4,4] = mul %24 %16
        %26:f32[4] = div %22 %9
        %27:f32[4,4] = broadcast{shape=[4,4] dims=[0]} %26
        %28:f32[4,4] = broadcast{shape=[4,4] dims=[]} %6
        %29:f32[4,4] = select %3 %27 %28
        %30:f32[4,4] = add %25 %29
        return grad=%30
      }
      "
    `)
  })
})

describe('logit scale', () => {
  test('starts at 1 / 0.07, is clamped to [1, 100] and never decayed', () => {
    const model = new TestModel()
    const scale = logitScale(model.s)
    const { init, options } = model.weights.get('logit_scale')!
    expect(init).toEqual({ kind: 'constant', value: Math.log(1 / 0.07) })
    expect(options).toEqual({
      constraint: { kind: 'clamp', min: 0, max: Math.log(100) },
      decay: false,
      precise: true,
    })
    const results = run(model.program({ scale }), { logit_scale: [Math.log(1 / 0.07)] })
    expect(results.scale![0]).toBeCloseTo(1 / 0.07, 12)
  })
})
