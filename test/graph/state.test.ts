import { describe, expect, test } from 'vitest'
import { printProgram } from '../../src/ir/print.ts'
import { noise, run, withNoise } from '../nn/scope.ts'
import { node } from './fixtures.ts'
import { norm, ref, Staged } from './stage-kit.ts'

describe('state', () => {
  const twice = {
    second: norm('batch.image', { momentum: 0.5, sharedWith: ref('first') }),
    first: norm('batch.other', { momentum: 0.5 }),
  }

  test('stands among the weights and is never trained', () => {
    const s = new Staged(twice)
    s.value('second.output')
    expect(s.roles()).toEqual([
      'weight first/bias [3], trained',
      'state first/running_mean [3]',
      'state first/running_var [3]',
      'weight first/weight [3], trained',
    ])
  })

  test('users of one state update it one after the other, in canonical order whatever is staged first', () => {
    const s = new Staged(twice)
    s.value('second.output')
    s.value('first.output')
    const program = s.program(new Map([['mean', s.after().get('first/running_mean')!]]))
    const pixels = (name: string) => noise(name, [96]).map(x => Math.round(127 + 127 * x))
    const [image, other] = [pixels('image'), pixels('other')]
    const old = [1, 2, 3]
    const values = {
      'batch.image/pixels': image,
      'batch.other/pixels': other,
      'first/running_mean': old,
    }
    const channel = (p: Float64Array, c: number) => p.filter((_, i) => i % 3 === c)
    const mean = (p: Float64Array) => p.reduce((x, y) => x + y, 0) / p.length / 255
    const want = old.map((x, c) => {
      const afterFirst = 0.5 * x + 0.5 * mean(channel(other, c))
      return 0.5 * afterFirst + 0.5 * mean(channel(image, c))
    })
    Array.from(run(program, withNoise(program, values)).mean!).forEach((x, c) => {
      expect(x).toBeCloseTo(want[c]!, 9)
    })
  })

  test('what a node emitted when it was first staged in a step counts, however often it is staged', () => {
    const s = new Staged(twice)
    s.value('first.output')
    const again = s.another()
    again.value('first.output')
    again.value('second.output')
    const equations = s.b.equations.length
    s.after()
    const [first, second] = ['first', 'second'].map(
      id => s.b.equations.slice(equations).filter(eq => eq.origin === id && eq.prim.name === 'add').length,
    )
    expect([first, second]).toEqual([2, 2])
  })

  test('an evaluation reads it and leaves it alone', () => {
    const s = new Staged(twice, { mode: 'eval', key: undefined })
    const y = s.value('first.output')
    expect([...s.after()]).toEqual([])
    expect(printProgram(s.program({ y }))).toMatchInlineSnapshot(`
      "program staged(%0:u8[2,4,4,3] batch.other/pixels, %1:f32[3] first/weight, %2:f32[3] first/bias, %3:f32[3] first/running_mean, %4:f32[3] first/running_var) {
        %5:f32[2,4,4,3] = convert{dtype=f32} %0
        %6:f32[] = constant{values=[255]}
        %7:f32[2,4,4,3] = broadcast{shape=[2,4,4,3] dims=[]} %6
        %8:f32[2,4,4,3] = div %5 %7
        %9:f32[32,3] = reshape{shape=[32,3]} %8
        %10:f32[32,3] = broadcast{shape=[32,3] dims=[1]} %3
        %11:f32[32,3] = sub %9 %10
        %12:f32[] = constant{values=[0.00001]}
        %13:f32[3] = broadcast{shape=[3] dims=[]} %12
        %14:f32[3] = add %4 %13
        %15:f32[3] = rsqrt %14
        %16:f32[32,3] = broadcast{shape=[32,3] dims=[1]} %15
        %17:f32[32,3] = mul %11 %16
        %18:f32[32,3] = broadcast{shape=[32,3] dims=[1]} %1
        %19:f32[32,3] = mul %17 %18
        %20:f32[32,3] = broadcast{shape=[32,3] dims=[1]} %2
        %21:f32[32,3] = add %19 %20
        %22:f32[2,4,4,3] = reshape{shape=[2,4,4,3]} %21
        return y=%22
      }
      "
    `)
  })

  test('a codebook’s sums start as its codes', () => {
    const quantiser = node('layer.vectorQuantizer', { size: 5 }, { input: 'batch.image' })
    const s = new Staged({ quantiser })
    s.value('quantiser.codes')
    expect(s.roles()).toEqual([
      'state quantiser/embedding/cluster_size [5]',
      'state quantiser/embedding/embed_avg [5,3] as quantiser/embedding/weight',
      'state quantiser/embedding/weight [5,3]',
    ])
    expect([...s.after().keys()]).toEqual([
      'quantiser/embedding/cluster_size',
      'quantiser/embedding/embed_avg',
      'quantiser/embedding/weight',
    ])
  })

  test('codes that nothing is assigned to start again at vectors of the batch', () => {
    const restartBelow = 0.9
    const quantiser = node(
      'layer.vectorQuantizer',
      { size: 5, decay: 0.5, restartBelow },
      { input: 'batch.image' },
    )
    const s = new Staged({ quantiser })
    s.value('quantiser.codes')
    const program = s.program(s.after())
    const pixels = noise('restart', [96]).map(x => Math.round(127 + 127 * x))
    // One code is near, the others far away.
    const codes = Array.from({ length: 15 }, (_, i) => (i < 3 ? 0.5 : 100 + i))
    const got = run(program, {
      key0: [3, 4],
      'batch.image/pixels': pixels,
      'quantiser/embedding/weight': codes,
      'quantiser/embedding/embed_avg': codes,
      'quantiser/embedding/cluster_size': [1, 1, 1, 1, 1],
    })
    const rows = Array.from({ length: 32 }, (_, i) =>
      Array.from(pixels.slice(3 * i, 3 * i + 3), x => x / 255),
    )
    const [counts, table] = [got['quantiser/embedding/cluster_size']!, got['quantiser/embedding/weight']!]
    expect(Array.from(counts)).toEqual([0.5 + 0.5 * 32, 0.9, 0.9, 0.9, 0.9])
    const code = (k: number) => Array.from(table.slice(3 * k, 3 * k + 3))
    const distance = (x: number[], y: number[]) => Math.max(...x.map((v, i) => Math.abs(v - y[i]!)))
    for (let k = 1; k < 5; k++) expect(Math.min(...rows.map(r => distance(r, code(k))))).toBeLessThan(1e-9)
    const mean = [0, 1, 2].map(c => (0.5 * 0.5 + 0.5 * rows.reduce((sum, r) => sum + r[c]!, 0)) / 16.5)
    expect(distance(code(0), mean)).toBeLessThan(1e-4)
  })
})
