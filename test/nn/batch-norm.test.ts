import { describe, expect, test } from 'vitest'
import type { Var } from '../../src/ir/program.ts'
import { batchNorm } from '../../src/nn/batch-norm.ts'
import { averagedQuantiser } from '../../src/nn/codebook-ema.ts'
import { gradientError } from './gradients.ts'
import { TestModel } from './scope.ts'

/** What the states of a model are after one step, by path. */
function afterStep(m: TestModel): Record<string, Var> {
  return Object.fromEntries(
    m.updates.flatMap(({ paths, next }) => {
      const made = next(paths.map(path => m.weights.get(path)!.value))
      return paths.map((path, i) => [`next ${path}`, made[i]!])
    }),
  )
}

describe('batch norm', () => {
  test('normalises by the batch while training, and moves its running statistics', () => {
    const m = new TestModel()
    const y = batchNorm(m.s, m.input('x', 'f32[4,2,3]'))
    expect([...m.weights].map(([path, w]) => `${path} [${w.shape}] ${w.init.kind}`)).toEqual([
      'weight [3] ones',
      'bias [3] zeros',
      'running_mean [3] zeros',
      'running_var [3] ones',
    ])
    expect(m.print({ y, ...afterStep(m) })).toMatchInlineSnapshot(`
      "program test(%0:f32[4,2,3] x, %1:f32[3] weight, %2:f32[3] bias, %3:f32[3] running_mean, %4:f32[3] running_var) {
        %5:f32[8,3] = reshape{shape=[8,3]} %0
        %6:f32[3] = reduce_sum{axes=[0]} %5
        %7:f32[] = constant{values=[0.125]}
        %8:f32[3] = broadcast{shape=[3] dims=[]} %7
        %9:f32[3] = mul %6 %8
        %10:f32[8,3] = broadcast{shape=[8,3] dims=[1]} %9
        %11:f32[8,3] = sub %5 %10
        %12:f32[8,3] = mul %11 %11
        %13:f32[3] = reduce_sum{axes=[0]} %12
        %14:f32[3] = broadcast{shape=[3] dims=[]} %7
        %15:f32[3] = mul %13 %14
        %16:f32[8,3] = broadcast{shape=[8,3] dims=[1]} %9
        %17:f32[8,3] = sub %5 %16
        %18:f32[] = constant{values=[0.00001]}
        %19:f32[3] = broadcast{shape=[3] dims=[]} %18
        %20:f32[3] = add %15 %19
        %21:f32[3] = rsqrt %20
        %22:f32[8,3] = broadcast{shape=[8,3] dims=[1]} %21
        %23:f32[8,3] = mul %17 %22
        %24:f32[8,3] = broadcast{shape=[8,3] dims=[1]} %1
        %25:f32[8,3] = mul %23 %24
        %26:f32[8,3] = broadcast{shape=[8,3] dims=[1]} %2
        %27:f32[8,3] = add %25 %26
        %28:f32[4,2,3] = reshape{shape=[4,2,3]} %27
        %29:f32[] = constant{values=[0.9]}
        %30:f32[3] = broadcast{shape=[3] dims=[]} %29
        %31:f32[3] = mul %3 %30
        %32:f32[] = constant{values=[0.1]}
        %33:f32[3] = broadcast{shape=[3] dims=[]} %32
        %34:f32[3] = mul %9 %33
        %35:f32[3] = add %31 %34
        %36:f32[] = constant{values=[1.1428571428571428]}
        %37:f32[3] = broadcast{shape=[3] dims=[]} %36
        %38:f32[3] = mul %15 %37
        %39:f32[3] = broadcast{shape=[3] dims=[]} %29
        %40:f32[3] = mul %4 %39
        %41:f32[3] = broadcast{shape=[3] dims=[]} %32
        %42:f32[3] = mul %38 %41
        %43:f32[3] = add %40 %42
        return y=%28, next running_mean=%35, next running_var=%43
      }
      "
    `)
  })

  test('its gradient goes through the statistics of the batch', () => {
    expect(gradientError(m => batchNorm(m.s, m.input('x', 'f32[5,3]')))).toBeLessThan(1e-7)
  })

  test('in evaluation it is a fixed scale and shift', () => {
    const build = (m: TestModel) => batchNorm(m.s, m.input('x', 'f32[5,3]'))
    const values = { running_var: [0.5, 1, 2] }
    expect(gradientError(build, values, new TestModel('eval'))).toBeLessThan(1e-7)
    const m = new TestModel('eval')
    build(m)
    expect(m.updates).toEqual([])
  })

  test('computes in float32 and gives the dtype that came in', () => {
    const m = new TestModel('train', 'bf16')
    expect(batchNorm(m.s, m.input('x', 'bf16[4,3]')).type).toEqual({ dtype: 'bf16', shape: [4, 3] })
    expect(Object.values(afterStep(m)).map(v => v.type.dtype)).toEqual(['f32', 'f32'])
  })

  test('one vector has no variance to train on', () => {
    const m = new TestModel()
    expect(() => batchNorm(m.s, m.input('x', 'f32[1,3]'))).toThrowErrorMatchingInlineSnapshot(
      `[BuildError: a batch norm needs more than one vector to train on: f32[1,3]]`,
    )
    const still = new TestModel('eval')
    expect(batchNorm(still.s, still.input('x', 'f32[1,3]')).type.shape).toEqual([1, 3])
  })
})

describe('a vector quantiser with a moving-average codebook', () => {
  test('updates counts, sums and codes together, and draws keys only where it restarts', () => {
    const model = (mode: 'train' | 'eval', restartBelow: number) => {
      const m = new TestModel(mode)
      const made = averagedQuantiser(m.s, m.input('z', 'f32[2,5,3]'), { size: 4, restartBelow })
      return { m, made }
    }
    const { m, made } = model('train', 0)
    expect([made.codes.type.shape, made.indices.type.shape]).toEqual([
      [2, 5, 3],
      [2, 5],
    ])
    expect([...m.weights].map(([path, w]) => `${path} [${w.shape}] ${w.init.kind}`)).toEqual([
      'embedding/weight [4,3] uniform',
      'embedding/cluster_size [4] ones',
      'embedding/embed_avg [4,3] as',
    ])
    expect(Object.entries(afterStep(m)).map(([name, v]) => `${name} [${v.type.shape}]`)).toEqual([
      'next embedding/cluster_size [4]',
      'next embedding/embed_avg [4,3]',
      'next embedding/weight [4,3]',
    ])
    const keys = (x: TestModel) => x.program({ y: x.b.scalar('f32', 0) }).inputs.map(i => i.name)
    expect(keys(m).filter(name => name.startsWith('key'))).toEqual([])
    expect(keys(model('train', 0.5).m)).toContain('key:restart')
    expect(model('eval', 0.5).m.updates).toEqual([])
  })
})
