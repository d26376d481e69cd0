import { describe, expect, test } from 'vitest'
import { erf64 } from '../../src/ir/ops/erf.ts'
import type { Var } from '../../src/ir/program.ts'
import { elementCount } from '../../src/ir/types.ts'
import { erfInv, erfInvNumber } from '../../src/nn/erf-inv.ts'
import { foldInNumber, hashString, initialValue } from '../../src/nn/init.ts'
import { foldIn, normal, randomBits, uniform } from '../../src/nn/random.ts'
import { describeGolden, type GoldenArray } from './golden.ts'
import { difference, run, TestModel } from './scope.ts'

/** A function of a key, evaluated. */
function draw(key: ArrayLike<number>, f: (m: TestModel, key: Var) => Var): Float64Array {
  const model = new TestModel()
  const y = f(model, model.input('key', 'u32[2]'))
  return run(model.program({ y }), { key }).y!
}

interface Sample {
  readonly key: GoldenArray
  readonly out: GoldenArray
}

interface Golden {
  readonly fold_in: readonly (Sample & { readonly data: number })[]
  readonly bits: readonly (Sample & { readonly partitionable: boolean })[]
  readonly uniform: readonly Sample[]
  readonly normal: readonly Sample[]
}

describeGolden<Golden>('threefry', golden => {
  test('fold_in', () => {
    for (const { key, data, out } of golden.fold_in) {
      expect([...draw(key.data, (m, k) => foldIn(m.b, k, data))]).toEqual(out.data)
      expect([...draw(key.data, (m, k) => foldIn(m.b, k, m.b.scalar('u32', data)))]).toEqual(out.data)
      expect(foldInNumber(key.data as unknown as [number, number], data)).toEqual(out.data)
    }
  })

  test('bits', () => {
    const cases = golden.bits.filter(c => c.partitionable)
    expect(cases.length).toBeGreaterThan(0)
    for (const { key, out } of cases)
      expect([...draw(key.data, (m, k) => randomBits(m.b, k, out.shape))]).toEqual(out.data)
  })

  test('uniform, to the last bit', () => {
    for (const { key, out } of golden.uniform)
      expect([...draw(key.data, (m, k) => uniform(m.b, k, out.shape))]).toEqual(out.data.map(Math.fround))
  })

  test('normal', () => {
    for (const { key, out } of golden.normal)
      expect(
        difference(
          draw(key.data, (m, k) => normal(m.b, k, out.shape)),
          out.data,
        ),
      ).toBeLessThan(2e-6)
  })
})

describe('random', () => {
  test('a range is kept', () => {
    const x = draw([3, 4], (m, k) => uniform(m.b, k, [500], -2, 5))
    expect(Math.min(...x)).toBeGreaterThanOrEqual(-2)
    expect(Math.max(...x)).toBeLessThan(5)
    expect(x.reduce((s, v) => s + v) / 500).toBeCloseTo(1.5, 0)
  })

  test('a key is folded with one u32 only', () => {
    const model = new TestModel()
    const key = model.input('key', 'u32[2]')
    expect(() => foldIn(model.b, key, model.input('step', 's32[]'))).toThrow(
      'a key is folded with a u32[], got s32[]',
    )
  })

  test('erfinv is the inverse of erf, in the program and on the host', () => {
    const x = [-0.999999, -0.99, -0.5, -1e-3, 0, 1e-6, 0.3, 0.9, 0.9999]
    const y = x.map(erfInvNumber)
    expect(difference(y.map(erf64), x)).toBeLessThan(1e-7)
    const model = new TestModel()
    const program = model.program({ y: erfInv(model.b, model.input('x', `f32[${x.length}]`)) })
    expect(difference(run(program, { x }).y!, y)).toBeLessThan(1e-14)
  })
})

describe('initial values', () => {
  const shape = [200, 300]
  const moments = (x: Float32Array): [mean: number, std: number] => {
    const mean = x.reduce((s, v) => s + v, 0) / x.length
    return [mean, Math.sqrt(x.reduce((s, v) => s + (v - mean) ** 2, 0) / x.length)]
  }

  test('are a pure function of seed and path', () => {
    const init = { kind: 'normal', std: 0.02 } as const
    const value = initialValue(init, [3, 4], 7, 'vision/conv1/weight')
    expect(initialValue(init, [3, 4], 7, 'vision/conv1/weight')).toEqual(value)
    expect(initialValue(init, [3, 4], 8, 'vision/conv1/weight')).not.toEqual(value)
    expect(initialValue(init, [3, 4], 7, 'vision/conv2/weight')).not.toEqual(value)
    expect([...initialValue(init, [4], 7, 'a')].map(x => x.toFixed(9))).toMatchInlineSnapshot(`
      [
        "0.014692427",
        "0.012141059",
        "0.001966585",
        "0.016545877",
      ]
    `)
  })

  test('have the asked distribution', () => {
    const [mean, std] = moments(initialValue({ kind: 'normal', std: 0.5 }, shape, 1, 'w'))
    expect(Math.abs(mean)).toBeLessThan((4 * 0.5) / Math.sqrt(elementCount(shape)))
    expect(Math.abs(std / 0.5 - 1)).toBeLessThan(0.01)
    const flat = initialValue({ kind: 'uniform', bound: 2 }, shape, 1, 'w')
    expect(Math.min(...flat.slice(0, 9999))).toBeGreaterThanOrEqual(-2)
    expect(Math.max(...flat.slice(0, 9999))).toBeLessThan(2)
    expect(moments(flat)[1]).toBeCloseTo(2 / Math.sqrt(3), 2)
  })

  test('of the constant kinds', () => {
    expect([...initialValue({ kind: 'zeros' }, [2], 1, 'w')]).toEqual([0, 0])
    expect([...initialValue({ kind: 'ones' }, [], 1, 'w')]).toEqual([1])
    expect([...initialValue({ kind: 'constant', value: 2.5 }, [3], 1, 'w')]).toEqual([2.5, 2.5, 2.5])
  })

  test('an odd number of values is drawn in full', () => {
    const five = initialValue({ kind: 'uniform', bound: 1 }, [5], 1, 'w')
    expect([...initialValue({ kind: 'uniform', bound: 1 }, [6], 1, 'w').slice(0, 5)]).toEqual([...five])
  })
})

describe('hash of a string', () => {
  test('tells texts apart, also by length and place', () => {
    const texts = [
      '',
      '\0',
      '\0\0',
      'a',
      'b',
      'ab',
      'ba',
      'abcd',
      'abcde',
      'abcd\0',
      'dcba',
      'é',
      'vision/a',
      'vision/b',
    ]
    expect(new Set(texts.map(t => hashString(t).join())).size).toBe(texts.length)
    const many = Array.from({ length: 5000 }, (_, i) => hashString(`blocks/${i}/weight`).join())
    expect(new Set(many).size).toBe(5000)
  })

  test('never changes', () => {
    expect(['', 'vision/conv1/weight'].map(hashString)).toMatchInlineSnapshot(`
      [
        [
          928981903,
          3453687069,
        ],
        [
          1001995389,
          2453508445,
        ],
      ]
    `)
  })
})
