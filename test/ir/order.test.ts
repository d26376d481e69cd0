import { describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import type { Var } from '../../src/ir/program.ts'
import { parseType } from '../../src/ir/types.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'

type Values = readonly number[]

/** What the reference makes of values of given types. */
function results(
  ins: readonly (readonly [string, Values])[],
  build: (b: Builder, ins: readonly Var[]) => readonly Var[],
): number[][] {
  const b = new Builder()
  const types = ins.map(([type]) => parseType(type))
  const vars = types.map((type, i) => b.input(`x${i}`, type))
  build(b, vars).forEach((v, i) => {
    b.output(`y${i}`, v)
  })
  const args = ins.map(([, values], i) => ({ type: types[i]!, data: Float64Array.from(values) }))
  return evaluate(b.finish('p'), args).map(v => [...v.data])
}

const total = (b: Builder, x: Var): Var => b.sum(x, [...x.type.shape.keys()])

describe('numbers', () => {
  it('round halves to the even number and keep the sign of zero', () => {
    const halves = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.2, -0.2]
    expect(results([['f32[8]', halves]], (b, [x]) => [b.round(x!)])).toEqual([[0, 2, 2, -0, -2, -2, 0, -0]])
  })

  it('leave a remainder with the sign of the dividend', () => {
    const ins: [string, Values][] = [
      ['s32[5]', [7, -7, 7, -7, 7]],
      ['s32[5]', [3, 3, -3, -3, 0]],
    ]
    expect(results(ins, (b, [x, y]) => [b.rem(x!, y!)])).toEqual([[1, -1, 1, -1, 7]])
  })

  it('are powers whose gradient at 0 and to 0 is a number', () => {
    const ins: [string, Values][] = [
      ['f32[4]', [0, 2, 0, -3]],
      ['f32[4]', [0, 0, 2, 2]],
    ]
    const [y, dx, dy] = results(ins, (b, [x, p]) => {
      const z = b.pow(x!, p!)
      return [z, ...gradient(b, total(b, z), [x!, p!])]
    })
    expect(y).toEqual([1, 1, 0, 9])
    expect(dx).toEqual([0, 0, 0, -6])
    expect(dy!.slice(0, 3)).toEqual([0, Math.log(2), 0])
  })

  it('keep their gradient inside and on the bounds of a clamp, else the bound gets it', () => {
    const ins: [string, Values][] = [
      ['f32[5]', [-2, -1, 0, 1, 2]],
      ['f32[]', [-1]],
      ['f32[]', [1]],
    ]
    const gradients = results(ins, (b, [x, low, high]) =>
      gradient(b, total(b, b.clamp(x!, low!, high!)), [x!, low!, high!]),
    )
    expect(gradients).toEqual([[0, 1, 1, 1, 0], [1], [1]])
  })

  it('keep a quantised value to the last bit, with the gradient of what was quantised', () => {
    // x + (round(x) - x) would lose the value 1 beside 1e30.
    const ins: [string, Values][] = [
      ['f32[2]', [1, 2.4]],
      ['f32[2]', [1e30, 0.5]],
    ]
    const [y, dv, dx] = results(ins, (b, [v, x]) => {
      const z = b.straightThrough(b.round(v!), x!)
      return [z, ...gradient(b, total(b, b.mul(z, 3)), [v!, x!])]
    })
    expect([y, dv, dx]).toEqual([
      [1, 2],
      [0, 0],
      [3, 3],
    ])
  })
})

describe('products', () => {
  it('have gradients beside one zero, two zeros and none', () => {
    const x = [2, 3, 4, 2, 0, 4, 0, 5, 0]
    const [y, dx] = results([['f32[3,3]', x]], (b, [v]) => {
      const z = b.reduceProd(v!, [1])
      return [z, ...gradient(b, total(b, z), [v!])]
    })
    expect(y).toEqual([24, 0, 0])
    expect(dx).toEqual([12, 8, 6, 0, 8, 0, 0, 0, 0])
  })
})

describe('orders', () => {
  const values = [2, Number.NaN, 1, -0, 2, 0]

  it('are stable in both directions, with NaN last', () => {
    const orders = results([['f32[6]', values]], (b, [x]) =>
      [false, true].map(descending => b.sort([x!, b.iota('s32', [6], 0)], 0, { descending })[1]!),
    )
    expect(orders).toEqual([
      [3, 5, 2, 0, 4, 1],
      [0, 4, 2, 3, 5, 1],
    ])
  })

  it('carry gradients back to where each element came from', () => {
    const [dx, dy] = results(
      [
        ['f32[4]', [3, 1, 2, 0]],
        ['f32[4]', [5, 6, 7, 8]],
      ],
      (b, [x, y]) => {
        const [sorted, carried] = b.sort([x!, y!], 0)
        const weights = b.constant(parseType('f32[4]'), [1, 10, 100, 1000])
        return gradient(b, total(b, b.mul(weights, b.add(sorted!, b.mul(carried!, 2)))), [x!, y!])
      },
    )
    expect(dx).toEqual([1000, 10, 100, 1])
    expect(dy).toEqual([2000, 20, 200, 2])
  })

  it('give the largest few, NaN first, and the gradient to those alone', () => {
    const [best, places, dx] = results([['f32[6]', values]], (b, [x]) => {
      const [top, at] = b.topK(x!, 3, 0)
      const weights = b.constant(parseType('f32[3]'), [1, 10, 100])
      return [top, at, ...gradient(b, total(b, b.mul(top, weights)), [x!])]
    })
    expect(best).toEqual([Number.NaN, 2, 2])
    expect(places).toEqual([1, 0, 4])
    expect(dx).toEqual([10, 1, 0, 0, 100, 0])
  })

  it('find the smallest element along an axis', () => {
    expect(results([['f32[2,3]', [3, 1, 1, -1, 0, -2]]], (b, [x]) => [b.argmin(x!, 1)])).toEqual([[1, 2]])
  })
})

describe('running sums', () => {
  it('go both ways, with and without the element itself', () => {
    const options = [{}, { exclusive: true }, { reverse: true }, { reverse: true, exclusive: true }]
    expect(results([['s32[4]', [1, 2, 3, 4]]], (b, [x]) => options.map(o => b.cumsum(x!, 0, o)))).toEqual([
      [1, 3, 6, 10],
      [0, 1, 3, 6],
      [10, 9, 7, 4],
      [9, 7, 4, 0],
    ])
  })
})

describe('moving windows', () => {
  it('stay inside, and read what was written there', () => {
    const ins: [string, Values][] = [
      ['f32[5]', [1, 2, 3, 4, 5]],
      ['f32[2]', [7, 8]],
      ['s32[]', [9]],
    ]
    const found = results(ins, (b, [x, update, at]) => {
      const written = b.dynamicUpdateSlice(x!, update!, [at!])
      const read = b.dynamicSlice(written, [-3], [4])
      return [written, read, ...gradient(b, total(b, b.mul(read, read)), [x!, update!])]
    })
    expect(found).toEqual([
      [1, 2, 3, 7, 8],
      [1, 2, 3, 7],
      [2, 4, 6, 0, 0],
      [14, 0],
    ])
  })
})
