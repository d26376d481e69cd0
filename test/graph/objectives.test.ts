import { describe, expect, test } from 'vitest'
import { actingAt, actingSets } from '../../src/graph/acting.ts'
import type { CheckedGraph } from '../../src/graph/check.ts'
import { buildTrainStep, type TrainStep } from '../../src/graph/compile/train-step.ts'
import { type RefTensor, refTensor } from '../../src/ir/reference.ts'
import { elementCount } from '../../src/ir/types.ts'
import type { OptimizerValue } from '../../src/nn/optimizers/index.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { noise } from '../nn/scope.ts'
import { checked, clip, node, shown, withParams } from './fixtures.ts'
import { pixelGraph, project, training } from './pixels.ts'

const constant = (base: number) =>
  ({ kind: 'constant', base, warmupSteps: 0, totalSteps: 1, final: 0 }) as const
const sgd = (rate: number): OptimizerValue => ({
  kind: 'sgd',
  momentum: 0,
  nesterov: false,
  weightDecay: 0.1,
  schedule: constant(rate),
})
const adamw: OptimizerValue = {
  kind: 'adamw',
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-8,
  weightDecay: 0,
  schedule: constant(0.01),
}

const mse = (prediction: string, target: string) =>
  node('objective.meanSquaredError', {}, { prediction, target })

/** Two linear maps in a row, a loss after each. */
const twoLosses = (params: Readonly<Record<string, unknown>>): CheckedGraph =>
  pixelGraph({
    a: project('batch.image', 3),
    c: project('a.output', 3),
    near: mse('a.output', 'batch.other'),
    far: mse('c.output', 'batch.other'),
    ...training(['near.loss', 'far.loss'], params),
  })
const APART = [{ trainable: 'a/*' }, { trainable: 'c/*' }] as const
const apart = (...more: readonly object[]) => APART.map((o, k) => ({ ...o, ...more[k] }))

type Values = ReadonlyMap<string, RefTensor>

/** All values before the first step, and after each; `batchOf` says which batch a step reads. */
function trace(step: TrainStep, steps: number, batchOf = (t: number) => t): Values[] {
  const now = new Map<string, RefTensor>()
  for (const w of step.weights)
    now.set(w.name, refTensor({ dtype: 'f32', shape: w.shape }, noise(w.name, w.shape)))
  for (const s of step.state) {
    const start =
      s.startsAs === undefined ? new Float64Array(elementCount(s.type.shape)) : now.get(s.startsAs)!.data
    now.set(s.name, refTensor(s.type, start))
  }
  now.set('step', refTensor({ dtype: 's32', shape: [] }, [0]))
  now.set('key', refTensor({ dtype: 'u32', shape: [2] }, [1, 2]))
  const seen: Values[] = [new Map(now)]
  for (let t = 0; t < steps; t++) {
    const { program, args, batch, kept, metrics } = step.variantAt(t)
    const pixels = batch.map(({ name, type }) =>
      refTensor(
        type,
        noise(`${name} ${batchOf(t)}`, type.shape).map(v => Math.floor((v + 1) * 127)),
      ),
    )
    const results = evaluate(program, [...args.map(name => now.get(name)!), ...pixels])
    ;[...kept, ...metrics].forEach((name, i) => {
      now.set(name, results[i]!)
    })
    for (const name of step.variants.flatMap(v => v.metrics)) if (!metrics.includes(name)) now.delete(name)
    seen.push(new Map(now))
  }
  return seen
}

const at = (values: Values | undefined, name: string): number[] => [...values!.get(name)!.data]
const close = (got: readonly number[], want: readonly number[]) =>
  got.forEach((v, i) => {
    expect(v).toBeCloseTo(want[i]!, 10)
  })

describe('which objectives act', () => {
  const objectives = [
    { trainable: '*', every: 1, start: 0 },
    { trainable: '*', every: 3, start: 2 },
  ]

  test('is a function of the step', () => {
    expect(Array.from({ length: 9 }, (_, t) => actingAt(objectives, t).length)).toEqual([
      1, 1, 2, 1, 1, 2, 1, 1, 2,
    ])
  })

  test('makes a program for each set that occurs, and none that doesn’t', () => {
    expect(actingSets(objectives, 100)).toEqual([[0], [0, 1]])
    expect(actingSets(objectives, 10_000_000)).toEqual([[0], [0, 1]])
    expect(() => actingSets(objectives, 2)).toThrow('objective 1 starts at step 2, and there are 2 steps')
  })

  test('must be one at least', () => {
    const second = { trainable: '*', every: 2, start: 0 }
    expect(() => actingSets([second], 5)).toThrow('on step 1 no objective acts')
    expect(actingSets([second], 1)).toEqual([[0]])
    expect(actingSets([second, { ...second, start: 1 }], 5)).toEqual([[0], [1]])
  })

  test('may not be too many sets', () => {
    const periods = [1, 2, 3, 5, 7].map(every => ({ trainable: '*', every, start: 0 }))
    expect(() => actingSets(periods, 1000)).toThrow('more than 8 different sets of objectives act together')
  })
})

describe('an objective that does not act', () => {
  const step = buildTrainStep(
    twoLosses({ steps: 6, ema: 0.9, objectives: apart({}, { every: 2, start: 1 }) }),
    'train',
    [adamw],
  )
  const seen = trace(step, 6)

  test('is in another program, which neither reads its loss nor touches its weights', () => {
    expect(step.variants).toHaveLength(2)
    const [one, both] = step.variants
    expect(one!.kept.some(name => name.includes('c/'))).toBe(false)
    expect(one!.args.some(name => name.includes('c/'))).toBe(false)
    expect(both!.kept).toContain('c/weight')
    expect(one!.metrics).toEqual(['train/loss/near', 'train/grad_norm/near', 'train/learning_rate/near'])
    expect([0, 1, 2, 3].map(t => step.variantAt(t) === both)).toEqual([false, true, false, true])
  })

  test('leaves its weights, its optimizer’s memory and its averages as they were', () => {
    for (const name of ['c/weight', 'c/weight:exp_avg', 'c/weight:exp_avg_sq', 'ema/c/weight']) {
      expect(at(seen[1], name)).toEqual(at(seen[0], name))
      expect(at(seen[2], name)).not.toEqual(at(seen[1], name))
      expect(at(seen[3], name)).toEqual(at(seen[2], name))
    }
    expect(at(seen[1], 'a/weight')).not.toEqual(at(seen[0], 'a/weight'))
  })

  test('counts its own updates: Adam’s first one has the bias correction of a first step', () => {
    // After one update m̂ / √v̂ is the sign of the gradient: each weight moves by the rate.
    at(seen[2], 'c/weight').forEach((v, i) => {
      expect(Math.abs(v - at(seen[1], 'c/weight')[i]!)).toBeCloseTo(0.01, 6)
    })
    const first = Math.min(0.9, 2 / 11)
    const want = at(seen[1], 'c/weight').map((w, i) => first * w + (1 - first) * at(seen[2], 'c/weight')[i]!)
    close(at(seen[2], 'ema/c/weight'), want)
  })
})

describe('two objectives', () => {
  const both = [{}, {}]

  test('that train one weight together are refused', () => {
    expect(() => buildTrainStep(twoLosses({ objectives: both }), 'train', [sgd(1)])).toThrow(
      'two objectives train the weight "a/weight"',
    )
  })

  test('may train one weight in turns, each with an optimizer’s memory of its own', () => {
    const turns = [{ every: 2 }, { every: 2, start: 1 }]
    const step = buildTrainStep(twoLosses({ objectives: turns }), 'train', [adamw])
    expect(step.state.map(s => s.name)).toEqual([
      'a/weight:exp_avg',
      'a/weight:exp_avg_sq',
      'a/weight:exp_avg@1',
      'a/weight:exp_avg_sq@1',
      'c/weight:exp_avg',
      'c/weight:exp_avg_sq',
    ])
    const seen = trace(step, 2)
    expect(at(seen[2], 'a/weight:exp_avg')).toEqual(at(seen[1], 'a/weight:exp_avg'))
    expect(at(seen[2], 'a/weight:exp_avg@1')).not.toEqual(at(seen[1], 'a/weight:exp_avg@1'))
  })

  test('in sequence take two steps one after the other, with no gradient from one into the other', () => {
    const inSequence = buildTrainStep(twoLosses({ objectives: both, order: 'in sequence' }), 'train', [
      sgd(1),
    ])
    const seen = trace(inSequence, 1)
    const turns = [{ every: 2 }, { every: 2, start: 1 }]
    const alone = buildTrainStep(twoLosses({ objectives: turns }), 'train', [sgd(1)])
    const want = trace(alone, 2, () => 0)
    for (const name of ['a/weight', 'c/weight']) close(at(seen[1], name), at(want[2], name))
  })
})

describe('a parameter group', () => {
  const groups = [
    { pattern: 'a/*', rate: 0.5 },
    { pattern: '*', rate: 2, weightDecay: false },
  ]
  const graph = (params = {}) => twoLosses({ objectives: APART, ...params })
  const moved = (params = {}) => {
    const seen = trace(buildTrainStep(graph(params), 'train', [sgd(0.1)]), 1)
    return (name: string) => at(seen[1], name).map((v, i) => v - at(seen[0], name)[i]!)
  }

  test('changes the rate and the decay of the weights of the first that matches', () => {
    const [plain, grouped] = [moved(), moved({ groups })]
    close(
      grouped('a/weight'),
      plain('a/weight').map(v => 0.5 * v),
    )
    const decay = noise('c/weight', [3, 3]).map(w => 0.1 * 0.1 * w)
    close(
      grouped('c/weight'),
      plain('c/weight').map((v, i) => 2 * (v + decay[i]!)),
    )
  })

  test('for no weight is a misspelt one', () => {
    const misspelt = graph({ groups: [{ pattern: 'vison/*' }] })
    expect(() => buildTrainStep(misspelt, 'train', [adamw])).toThrow(
      'no weight that is trained matches "vison/*"',
    )
  })
})

describe('what an objective trains', () => {
  test('is what its loss depends on, of what its pattern names', () => {
    const step = buildTrainStep(twoLosses({ objectives: [{ every: 1 }, { trainable: 'c/*' }] }), 'train', [
      adamw,
    ])
    expect(step.state.map(s => s.name)).toEqual([
      'a/weight:exp_avg',
      'a/weight:exp_avg_sq',
      'c/weight:exp_avg',
      'c/weight:exp_avg_sq',
    ])
  })

  test.each([
    [{ trainable: 'vision/*' }, 'no trainable weight matches "vision/*"'],
    [{ trainable: 'c/*' }, '"near.loss" depends on none of the weights that "c/*" names'],
  ])('%j can’t be nothing', (objective, message) => {
    const graph = twoLosses({ objectives: [objective, { trainable: 'c/*' }] })
    expect(() => buildTrainStep(graph, 'train', [adamw])).toThrow(message)
  })
})

describe('the settings of a Train', () => {
  const findings = (params: Readonly<Record<string, unknown>>) =>
    shown(checked(withParams(clip(), 'train', params)).diagnostics)

  test('of version 1 are read: a list of patterns', () => {
    const graph = checked(withParams(clip(), 'train', { trainable: ['vision/*'] }))
    expect(shown(graph.diagnostics)).toBe('')
    expect(graph.nodes.get('train')!.params).toMatchObject({
      objectives: [{ trainable: 'vision/*', every: 1, start: 0 }],
    })
  })

  test('that leave a step without an objective are refused while wiring', () => {
    expect(findings({ objectives: [{ every: 2 }] })).toMatchInlineSnapshot(
      `"error DT052 node "train" params.objectives: on step 1 no objective acts. Let one objective act on every step, from step 0."`,
    )
    expect(findings({ objectives: [{ start: 300 }] })).toMatchInlineSnapshot(
      `"error DT052 node "train" params.objectives.0.start: objective 0 starts at step 300, and there are 300 steps. Start it earlier, or train longer."`,
    )
    expect(findings({ objectives: [{ evry: 2 }] })).toMatchInlineSnapshot(
      `"error DT011 node "train" params.objectives.0.evry: "train" has no parameter "evry""`,
    )
  })
})
