import { describe, expect, test } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { updateCodebook } from '../../src/nn/codebook-ema.ts'
import { quantise, vectorQuantiser } from '../../src/nn/vector-quantiser.ts'
import { describeGolden, type GoldenArray } from './golden.ts'
import { difference, noise, run, TestModel, withNoise } from './scope.ts'

interface Golden {
  readonly cases: readonly {
    readonly beta: number
    readonly legacy: boolean
    readonly z: GoldenArray
    readonly embedding: GoldenArray
    readonly codes: GoldenArray
    readonly indices: GoldenArray
    readonly loss: number
    readonly cotangent: GoldenArray
    readonly gradients: { readonly z: GoldenArray; readonly embedding: GoldenArray }
  }[]
  readonly ema: {
    readonly decay: number
    readonly eps: number
    readonly start: GoldenArray
    readonly z: GoldenArray
    readonly after_step: readonly Record<'indices' | 'counts' | 'sums' | 'codes', GoldenArray>[]
  }
}

/** One moving-average step of a codebook [K, D] with N vectors, and the codes that the vectors get. */
function emaProgram(
  size: number,
  rows: number,
  width: number,
  options: { decay?: number; eps?: number; below?: number },
) {
  const m = new TestModel()
  const z = m.input('z', `f32[${rows},${width}]`)
  const codes = m.input('codes', `f32[${size},${width}]`)
  const { indices } = quantise(m.b, z, codes)
  const state = {
    counts: m.input('counts', `f32[${size}]`),
    sums: m.input('sums', codesType(size, width)),
    codes,
  }
  const { below } = options
  const restart = below === undefined ? undefined : { below, key: m.input('key', 'u32[2]') }
  const next = updateCodebook(m.b, state, z, indices, { ...options, restart })
  return m.program({ indices, counts: next.counts, sums: next.sums, codes: next.codes })
}

const codesType = (size: number, width: number): string => `f32[${size},${width}]`

describeGolden<Golden>('quantiser', ({ cases, ema }) => {
  test.each(cases.map(c => [c.legacy ? 'legacy' : 'beta on the commitment', c] as const))(
    'codes, losses and gradients are those of PyTorch: %s',
    (_, c) => {
      const m = new TestModel()
      const { b } = m
      const z = m.input('z', `f32[${c.z.shape}]`)
      const got = vectorQuantiser(m.s, z, { size: c.embedding.shape[0]!, beta: c.beta, legacy: c.legacy })
      expect(got.indices.type.shape).toEqual(c.indices.shape)
      const loss = b.div(got.loss.sum, got.loss.count)
      const scalar = b.add(
        b.sum(b.mul(got.codes, b.constant(got.codes.type, c.cotangent.data)), [0, 1, 2]),
        loss,
      )
      const [dz, de] = gradient(b, scalar, [z, m.weights.get('embedding/weight')!.value])
      const { codes, indices } = got
      const program = m.program({ codes, indices, loss, dz: dz!, de: de! })
      const results = run(program, { z: c.z.data, 'embedding/weight': c.embedding.data })
      expect([...results.indices!]).toEqual(c.indices.data)
      expect(difference(results.codes!, c.codes.data)).toBeLessThan(1e-12)
      expect(results.loss![0]).toBeCloseTo(c.loss, 12)
      expect(difference(results.dz!, c.gradients.z.data)).toBeLessThan(1e-12)
      expect(difference(results.de!, c.gradients.embedding.data)).toBeLessThan(1e-12)
    },
  )

  test('the moving average is that of the paper, step by step', () => {
    const [size, width] = ema.start.shape as [number, number]
    const rows = ema.z.shape[1]!
    const program = emaProgram(size, rows, width, ema)
    let at: Record<string, ArrayLike<number>> = {
      counts: new Array(size).fill(1),
      sums: ema.start.data,
      codes: ema.start.data,
    }
    ema.after_step.forEach((expected, step) => {
      const z = ema.z.data.slice(step * rows * width, (step + 1) * rows * width)
      at = run(program, { ...at, z })
      for (const name of ['indices', 'counts', 'sums', 'codes'] as const)
        expect(difference(at[name]!, expected[name].data)).toBeLessThan(1e-12)
    })
  })
})

describe('vector quantiser', () => {
  test('takes the nearest code, the first of equals', () => {
    const m = new TestModel()
    const { indices } = quantise(m.b, m.input('z', 'f32[4,2]'), m.input('table', 'f32[3,2]'))
    const values = { z: [0.9, 0.1, 0, 0.4, 5, 5, 0, 0], table: [1, 0, 0, 1, 1, 0] }
    expect([...run(m.program({ indices }), values).indices!]).toEqual([0, 1, 0, 0])
  })

  test('each loss reaches its own side', () => {
    const m = new TestModel()
    const z = m.input('z', 'f32[5,3]')
    const table = m.input('table', 'f32[4,3]')
    const { commitment, codebook } = quantise(m.b, z, table)
    const [cz, ct] = gradient(m.b, commitment.sum, [z, table])
    const [bz, bt] = gradient(m.b, codebook.sum, [z, table])
    const program = m.program({ cz: cz!, ct: ct!, bz: bz!, bt: bt! })
    const results = run(program, withNoise(program))
    const silent = (name: string): boolean => results[name]!.every(v => v === 0)
    expect(['cz', 'ct', 'bz', 'bt'].map(silent)).toEqual([false, true, true, false])
  })

  test('codes of another width are refused', () => {
    const m = new TestModel()
    expect(() => quantise(m.b, m.input('z', 'f32[5,3]'), m.input('table', 'f32[4,2]'))).toThrow(
      'codes f32[4,2] are not as wide as f32[5,3]',
    )
  })
})

describe('moving-average codebook', () => {
  const [size, rows, width] = [6, 8, 2]

  test('codes that nobody chose keep their place', () => {
    const program = emaProgram(2, 3, 1, { decay: 0.5 })
    let at: Record<string, ArrayLike<number>> = { counts: [1, 1], sums: [0, 100], codes: [0, 100] }
    for (let step = 0; step < 8; step++) at = run(program, { ...at, z: [1, 2, 3] })
    expect(at.codes![0]).toBeCloseTo(2, 1)
    expect(at.codes![1]).toBeCloseTo(100, 0)
    expect(at.counts![1]).toBeCloseTo(2 ** -8, 12)
  })

  test('dead codes start again at vectors of the batch, living ones stay', () => {
    const z = noise('z', [rows, width])
    const codes = Float64Array.from({ length: size * width }, (_, i) => (i < 2 * width ? z[i]! : 1e3 + i))
    const given = { z, codes, sums: codes, counts: [4, 4, 0.5, 0.5, 0.5, 0.5] }
    const plain = run(emaProgram(size, rows, width, {}), given)
    const next = run(emaProgram(size, rows, width, { below: 1 }), { ...given, key: [5, 6] })
    expect([...next.codes!.slice(0, 4)]).toEqual([...plain.codes!.slice(0, 4)])
    expect([...next.counts!].slice(2)).toEqual([1, 1, 1, 1])
    const vectors = Array.from({ length: rows }, (_, i) => z.slice(i * width, (i + 1) * width).join())
    const fresh = Array.from({ length: 4 }, (_, k) =>
      next.codes!.slice((k + 2) * width, (k + 3) * width).join(),
    )
    expect(fresh.every(f => vectors.includes(f))).toBe(true)
    expect(new Set(fresh).size).toBeGreaterThan(1)
    expect(next.sums!.slice(4)).toEqual(next.codes!.slice(4))
    const other = run(emaProgram(size, rows, width, { below: 1 }), { ...given, key: [5, 7] })
    expect(other.codes).not.toEqual(next.codes)
  })

  test('every vector of the batch can be drawn', () => {
    const z = Float64Array.from({ length: 4 }, (_, i) => i)
    const program = emaProgram(200, 4, 1, { below: 1 })
    const zeros = new Array(200).fill(0)
    const { codes } = run(program, { z, codes: zeros, sums: zeros, counts: zeros, key: [1, 1] })
    // Code 0 takes all four vectors, and its count stays below the limit as well.
    const counts = [0, 1, 2, 3].map(v => codes!.filter(c => c === v).length)
    for (const n of counts) expect(Math.abs(n - 50)).toBeLessThan(4 * Math.sqrt(200 * 0.25 * 0.75))
  })
})
