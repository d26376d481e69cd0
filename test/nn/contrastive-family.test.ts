import { describe, expect, test } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { Var } from '../../src/ir/program.ts'
import { attentionPool } from '../../src/nn/attention-pool.ts'
import { infoNce, type LossTerms } from '../../src/nn/contrastive.ts'
import { logitBias, logitScale } from '../../src/nn/logit-scale.ts'
import { noiseContrastive } from '../../src/nn/nce.ts'
import { l2Normalize } from '../../src/nn/normalize.ts'
import { ntXent } from '../../src/nn/nt-xent.ts'
import { sigmoidPairs } from '../../src/nn/sigmoid-pairs.ts'
import { describeGolden, type GoldenArray } from './golden.ts'
import { compareLayer, type GoldenLayer } from './golden-layer.ts'
import { gradientError } from './gradients.ts'
import { difference, noise, run, TestModel } from './scope.ts'

interface GoldenLoss {
  readonly inputs: Readonly<Record<string, GoldenArray>>
  readonly loss: number
  readonly gradients: Readonly<Record<string, GoldenArray>>
}

/** Builds the loss on the file's inputs, or on weights of their names, and compares it and all gradients. */
function compareLoss(
  golden: GoldenLoss,
  build: (m: TestModel, inputs: Readonly<Record<string, Var>>) => LossTerms,
): void {
  const m = new TestModel()
  const matrices = Object.entries(golden.inputs).filter(([, a]) => a.shape.length > 0)
  const inputs = Object.fromEntries(matrices.map(([name, a]) => [name, m.input(name, `f32[${a.shape}]`)]))
  const { sum, count } = build(m, inputs)
  const loss = m.b.div(sum, count)
  const names = Object.keys(golden.inputs)
  const grads = gradient(
    m.b,
    loss,
    names.map(n => inputs[n] ?? m.weights.get(n)!.value),
  )
  const program = m.program({ loss, ...Object.fromEntries(grads.map((g, i) => [names[i]!, g])) })
  const results = run(program, Object.fromEntries(Object.entries(golden.inputs).map(([n, a]) => [n, a.data])))
  expect(Math.abs(results.loss![0]! - golden.loss)).toBeLessThan(1e-12 * Math.max(1, golden.loss))
  for (const name of names)
    expect([name, difference(results[name]!, golden.gradients[name]!.data) < 1e-11]).toEqual([name, true])
}

const cosines = (m: TestModel, x: Var, y: Var): Var =>
  m.b.dotGeneral(l2Normalize(m.b, x), l2Normalize(m.b, y), {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [1],
    rhsContract: [1],
  })

describeGolden<{ cases: readonly GoldenLoss[] }>('siglip', ({ cases }) => {
  test.each(cases.map(c => [c.inputs.image!.shape, c] as const))(
    'loss and gradients are SigLipLoss: %j',
    (_, c) => {
      compareLoss(c, (m, { image, text }) => {
        const scaled = m.b.mul(cosines(m, image!, text!), logitScale(m.s))
        return sigmoidPairs(m.b, m.b.add(scaled, logitBias(m.s)))
      })
    },
  )
})

describeGolden<GoldenLoss & { temperature: number }>('simclr', golden => {
  test("NT-Xent and its gradients are SLIP's", () => {
    compareLoss(golden, (m, { first, second }) => ntXent(m.b, first!, second!, golden.temperature))
  })
})

describeGolden<GoldenLoss>('negclip', golden => {
  test("InfoNCE with hard negatives, and its gradients, are NegCLIP's", () => {
    compareLoss(golden, (m, { image, text, negative }) => {
      const scale = logitScale(m.s)
      const logits = (y: Var): Var => m.b.mul(cosines(m, image!, y), scale)
      return infoNce(m.b, logits(text!), { negatives: [logits(negative!)] })
    })
  })
})

describeGolden<GoldenLayer & { heads: number; valid: GoldenArray }>('attention_pool', golden => {
  test("the attention pool and its gradients are those of Hugging Face's SigLIP", () => {
    const valid = golden.valid.data.map(Number)
    compareLayer(
      golden,
      (m, { x }) => {
        const mask = m.input('valid', `bool[${golden.valid.shape}]`)
        const y = attentionPool(m.s, x!, { heads: golden.heads, queries: 1, mlpRatio: 2, valid: mask })
        return m.b.reshape(y, golden.output.shape)
      },
      { valid },
    )
  })
})

describe('pairwise sigmoid', () => {
  const B = 16
  /** The loss at a scale of 10 and this bias, of unit rows that are at right angles to each other. */
  const start = (bias: number): number => {
    const m = new TestModel()
    const { sum, count } = sigmoidPairs(m.b, m.input('logits', `f32[${B},${B}]`))
    const logits = new Array<number>(B * B).fill(bias)
    return run(m.program({ loss: m.b.div(sum, count) }), { logits }).loss![0]!
  }
  const softplus = (x: number): number => Math.log1p(Math.exp(x))

  test('starts near 10 with a bias of -10, for almost all pairs are false; without one near B ln 2', () => {
    expect(start(-10)).toBeCloseTo(softplus(10) + (B - 1) * softplus(-10), 9)
    expect(start(-10)).toBeCloseTo(10, 2)
    expect(start(0)).toBeCloseTo(B * Math.LN2, 9)
  })

  test('the bias starts at -10, is precise and never decayed', () => {
    const m = new TestModel()
    logitBias(m.s)
    const { init, options } = m.weights.get('logit_bias')!
    expect(init).toEqual({ kind: 'constant', value: -10 })
    expect(options).toEqual({ decay: false, precise: true })
  })

  test('gradients agree with finite differences', () => {
    expect(gradientError(m => sigmoidPairs(m.b, m.input('logits', 'f32[4,4]')).sum)).toBeLessThan(1e-8)
  })
})

describe('NT-Xent', () => {
  test('is the cross-entropy of each view over the 2B - 1 others, in plain float64', () => {
    const [size, width, tau] = [3, 4, 0.5]
    const m = new TestModel()
    const views = [m.input('a', `f32[${size},${width}]`), m.input('b', `f32[${size},${width}]`)] as const
    const { sum, count } = ntXent(m.b, ...views, tau)
    const [a, b] = [noise('a', [size, width]), noise('b', [size, width])]
    const rows = [a, b].flatMap(x =>
      Array.from({ length: size }, (_, i) => Array.from(x.subarray(i * width, (i + 1) * width))),
    )
    const unit = rows.map(r => r.map(v => v / Math.hypot(...r)))
    const cosine = (i: number, j: number) => unit[i]!.reduce((s, v, k) => s + v * unit[j]![k]!, 0) / tau
    const terms = rows.map((_, i) => {
      const total = rows.reduce((s, __, j) => (j === i ? s : s + Math.exp(cosine(i, j))), 0)
      return Math.log(total) - cosine(i, (i + size) % (2 * size))
    })
    const got = run(m.program({ loss: m.b.div(sum, count) }), { a, b }).loss![0]!
    expect(got).toBeCloseTo(terms.reduce((x, y) => x + y) / (2 * size), 12)
  })

  test('gradients agree with finite differences', () => {
    const build = (m: TestModel) => ntXent(m.b, m.input('a', 'f32[3,4]'), m.input('b', 'f32[3,4]'), 0.5).sum
    expect(gradientError(build)).toBeLessThan(1e-8)
  })
})

describe('binary NCE', () => {
  /** 36 classes, as common as Zipf's law has them, among noise that prefers the others. */
  const CLASSES = 36
  const normalise = (x: readonly number[]): number[] => {
    const total = x.reduce((s, v) => s + v, 0)
    return x.map(v => v / total)
  }
  const p = normalise(Array.from({ length: CLASSES }, (_, i) => 1 / (i + 1)))
  const q = normalise(Array.from({ length: CLASSES }, (_, i) => 1 + (i % 7)))
  const K = 4

  /** The expected loss under p and q for scores of the 36 classes, and its gradient, by weights of the rows. */
  function expected(corrected: boolean) {
    const m = new TestModel()
    const { b } = m
    const scores = m.input('scores', `f32[${CLASSES}]`)
    const logNoise = corrected ? b.constant(scores.type, q.map(Math.log)) : undefined
    // One row of data and K of noise of each class: a row's share of the expectation is its gradient's factor.
    const one = (weights: readonly number[], side: 'data' | 'noise'): Var => {
      const pieces = weights.map((w, i) => {
        const pick = (v: Var): Var => b.sliceAxis(v, 0, i, i + 1)
        const rows = { scores: pick(scores), logNoise: logNoise && pick(logNoise) }
        const idle = { scores: b.fill({ dtype: 'f32', shape: [side === 'data' ? K : 1] }, 0) }
        const withQ = (r: { scores: Var }) => ({ ...r, ...(logNoise && { logNoise: b.zerosLike(r.scores) }) })
        const repeated = (v: Var | undefined) => v && b.concatenate(new Array<Var>(K).fill(v), 0)
        const noiseRows = { scores: repeated(rows.scores)!, logNoise: repeated(rows.logNoise) }
        const { sum } =
          side === 'data'
            ? noiseContrastive(b, rows, withQ(idle))
            : noiseContrastive(b, withQ(idle), noiseRows)
        return b.mul(sum, w)
      })
      return pieces.reduce((x, y) => b.add(x, y))
    }
    const loss = b.add(one(p, 'data'), one(q, 'noise'))
    const [grad] = gradient(b, loss, [scores])
    const program = m.program({ grad: grad! })
    return (s: ArrayLike<number>) => run(program, { scores: s }).grad!
  }

  /** Scores where the gradient vanishes, each class by itself: bisection on its sign. */
  function minimum(slope: (s: ArrayLike<number>) => Float64Array): number[] {
    let [low, high] = [new Array<number>(CLASSES).fill(-40), new Array<number>(CLASSES).fill(40)]
    for (let i = 0; i < 60; i++) {
      const middle = low.map((l, c) => (l + high[c]!) / 2)
      const g = slope(middle)
      low = low.map((l, c) => (g[c]! < 0 ? middle[c]! : l))
      high = high.map((h, c) => (g[c]! < 0 ? h : middle[c]!))
    }
    return low
  }
  /** KL(p ‖ p̂), p̂ the normalised exponential of the scores. */
  const divergence = (s: readonly number[]): number => {
    const model = normalise(s.map(Math.exp))
    return p.reduce((sum, v, i) => sum + v * Math.log(v / model[i]!), 0)
  }

  test('with ln(k q) its minimum is the density itself, normalised; without, a ratio that is far from it', () => {
    const [density, ratio] = [minimum(expected(true)), minimum(expected(false))]
    expect(difference(density, p.map(Math.log))).toBeLessThan(1e-9)
    expect(
      difference(
        ratio,
        p.map((v, i) => Math.log(v / (K * q[i]!))),
      ),
    ).toBeLessThan(1e-9)
    expect(divergence(density)).toBeLessThan(1e-12)
    expect(divergence(ratio)).toBeGreaterThan(0.1)
    expect(density.reduce((s, v) => s + Math.exp(v), 0)).toBeCloseTo(1, 9)
  })

  test('is the sum of its terms, k rows of noise for each of data', () => {
    const m = new TestModel()
    const rows = (name: string, n: number) => ({
      scores: m.input(name, `f32[${n}]`),
      logNoise: m.input(`${name} q`, `f32[${n}]`),
    })
    const { sum, count } = noiseContrastive(m.b, rows('data', 2), rows('noise', 6))
    const values = {
      data: noise('d', [2]),
      'data q': noise('dq', [2]),
      noise: noise('n', [6]),
      'noise q': noise('nq', [6]),
    }
    const judged = (s: Float64Array, lq: Float64Array) => s.map((v, i) => v - lq[i]! - Math.log(3))
    const logSigma = (x: number) => -Math.log1p(Math.exp(-x))
    const mean = (x: Float64Array) => x.reduce((a, b) => a + b, 0) / x.length
    const want =
      -mean(judged(values.data, values['data q']).map(logSigma)) -
      3 * mean(judged(values.noise, values['noise q']).map(x => logSigma(-x)))
    expect(run(m.program({ loss: m.b.div(sum, count) }), values).loss![0]!).toBeCloseTo(want, 12)
  })

  test('gradients agree with finite differences; ln q has none', () => {
    const build = (m: TestModel) => {
      const q1 = m.b.constant({ dtype: 'f32', shape: [2] }, [-1, -2])
      const q2 = m.b.constant({ dtype: 'f32', shape: [4] }, [-1, -2, -3, -1])
      const [data, made] = [m.input('data', 'f32[2]'), m.input('noise', 'f32[4]')]
      return noiseContrastive(m.b, { scores: data, logNoise: q1 }, { scores: made, logNoise: q2 }).sum
    }
    expect(gradientError(build)).toBeLessThan(1e-8)
    const m = new TestModel()
    const logNoise = m.input('q', 'f32[2]')
    const side = { scores: m.input('s', 'f32[2]'), logNoise }
    const [grad] = gradient(m.b, noiseContrastive(m.b, side, side).sum, [logNoise])
    expect([...run(m.program({ grad: grad! }), { q: [1, 2], s: [1, 2] }).grad!]).toEqual([0, 0])
  })
})
