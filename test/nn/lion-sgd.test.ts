import { describe, expect, test } from 'vitest'
import { type OptimizerValue, optimizerOf } from '../../src/nn/optimizers/index.ts'
import { learningRate, learningRateAt, type Schedule } from '../../src/nn/schedules.ts'
import { describeGolden, type GoldenArray } from './golden.ts'
import { difference, run, runSingle, TestModel, type Values } from './scope.ts'

const SCHEDULE: Schedule = { kind: 'constant', base: 1, warmupSteps: 0, totalSteps: 1 }
const LION: OptimizerValue = { kind: 'lion', schedule: SCHEDULE, beta1: 0.9, beta2: 0.99, weightDecay: 1 }
const SGD: OptimizerValue = {
  kind: 'sgd',
  schedule: SCHEDULE,
  momentum: 0.9,
  nesterov: false,
  weightDecay: 0.1,
}

/** One update of a weight f32[n] as a program. */
function updateProgram(value: OptimizerValue, n: number, decay: boolean) {
  const model = new TestModel()
  const rule = optimizerOf(value)
  const next = rule.update(model.b, value, {
    param: model.input('param', `f32[${n}]`),
    grad: model.input('grad', `f32[${n}]`),
    state: Object.fromEntries(
      Object.keys(rule.state([n], value)).map(slot => [slot, model.input(slot, `f32[${n}]`)]),
    ),
    step: model.input('step', 's32[]'),
    lr: model.input('lr', 'f32[]'),
    decay,
  })
  return model.program({ param: next.param, ...next.state })
}

interface Given {
  readonly learning_rate: number
  readonly start: GoldenArray
  readonly gradients: GoldenArray
}

/** The parameter and its slots after each step from the file's gradients. */
function trajectory(value: OptimizerValue, decay: boolean, given: Given): Values[] {
  const n = given.start.data.length
  const program = updateProgram(value, n, decay)
  const slots = Object.keys(optimizerOf(value).state([n], value))
  let at: Values = {
    param: given.start.data,
    ...Object.fromEntries(slots.map(s => [s, new Float64Array(n)])),
  }
  return Array.from({ length: given.gradients.shape[0]! }, (_, step) => {
    const grad = given.gradients.data.slice(step * n, (step + 1) * n)
    at = run(program, { ...at, grad, step: [step], lr: [given.learning_rate] })
    return at
  })
}

type Kept = Readonly<Record<string, GoldenArray>>

function compare(states: readonly Values[], kept: Kept): void {
  for (const [step, param] of Object.entries(kept))
    expect(difference(states[Number(step) - 1]!.param!, param.data)).toBeLessThan(1e-12)
}

interface SgdGolden extends Given {
  readonly cases: readonly {
    readonly momentum: number
    readonly nesterov: boolean
    readonly weight_decay: number
    readonly parameters_after_step: Kept
    readonly momentum_buffer_after_step_50?: GoldenArray
  }[]
}

describeGolden<SgdGolden>('sgd', golden => {
  test.each(
    golden.cases.map(
      c => [`momentum ${c.momentum}, nesterov ${c.nesterov}, decay ${c.weight_decay}`, c] as const,
    ),
  )('50 steps are torch.optim.SGD: %s', (_, c) => {
    const value = { ...SGD, momentum: c.momentum, nesterov: c.nesterov, weightDecay: c.weight_decay }
    const states = trajectory(value, true, golden)
    compare(states, c.parameters_after_step)
    const buffer = c.momentum_buffer_after_step_50
    expect(states[49]!.momentum_buffer === undefined).toBe(buffer === undefined)
    if (buffer) expect(difference(states[49]!.momentum_buffer!, buffer.data)).toBeLessThan(1e-12)
  })
})

interface LionGolden extends Given {
  readonly cases: readonly {
    readonly beta1: number
    readonly beta2: number
    readonly weight_decay: number
    readonly parameters_after_step: Kept
    readonly exp_avg_after_step_50: GoldenArray
  }[]
}

describeGolden<LionGolden>('lion', golden => {
  test.each(golden.cases.map(c => [`β ${c.beta1} and ${c.beta2}, decay ${c.weight_decay}`, c] as const))(
    '50 steps are optax.lion: %s',
    (_, c) => {
      const value = { ...LION, beta1: c.beta1, beta2: c.beta2, weightDecay: c.weight_decay }
      const states = trajectory(value, true, golden)
      compare(states, c.parameters_after_step)
      expect(difference(states[49]!.exp_avg!, c.exp_avg_after_step_50.data)).toBeLessThan(1e-12)
    },
  )
})

describeGolden<{ schedules: readonly (Schedule & { learning_rate: GoldenArray })[] }>(
  'schedules',
  ({ schedules }) => {
    test.each(schedules.map(s => [s.kind, s] as const))('rates are those of optax and torch: %s', (_, s) => {
      const rates = s.learning_rate.data
      expect(
        difference(
          rates.map((_, t) => learningRateAt(s, t) / s.base),
          rates.map(r => r / s.base),
        ),
      ).toBeLessThan(1e-12)
      const model = new TestModel()
      const program = model.program({ rate: learningRate(model.b, model.input('step', 's32[]'), s) })
      for (const [t, rate] of rates.entries())
        expect(Math.abs(runSingle(program, { step: [t] }).rate![0]! - rate) / s.base).toBeLessThan(1e-6)
    })
  },
)

describe('Lion', () => {
  const once = (grad: number[], exp_avg: number[], decay: boolean) =>
    run(updateProgram(LION, grad.length, decay), {
      param: grad.map(() => 2),
      grad,
      exp_avg,
      step: [0],
      lr: [0.1],
    })

  test('steps have one size, and none where the mean is 0', () => {
    const { param, exp_avg } = once([5, -1e-6, 0], [0, 0, 0], false)
    expect(difference(param!, [1.9, 2.1, 2])).toBeLessThan(1e-12)
    expect(difference(exp_avg!, [0.05, -1e-8, 0])).toBeLessThan(1e-12)
  })

  test('decays the weight itself, where decay applies', () => {
    expect(difference(once([5], [0], true).param!, [1.7])).toBeLessThan(1e-12)
  })

  test('a gradient that is not a number is not hidden', () => {
    expect(once([Number.NaN], [0], false).param![0]).toBeNaN()
  })

  test('printed', () => {
    const model = new TestModel()
    const { param, state } = optimizerOf(LION).update(model.b, LION, {
      param: model.input('param', 'f32[2]'),
      grad: model.input('grad', 'f32[2]'),
      state: { exp_avg: model.input('m', 'f32[2]') },
      step: model.input('step', 's32[]'),
      lr: model.input('lr', 'f32[]'),
      decay: true,
    })
    expect(model.print({ param, ...state })).toMatchInlineSnapshot(`
      "program test(%0:f32[2] param, %1:f32[2] grad, %2:f32[2] m, %3:s32[] step, %4:f32[] lr) {
        %5:f32[] = constant{values=[0.9]}
        %6:f32[2] = broadcast{shape=[2] dims=[]} %5
        %7:f32[2] = mul %2 %6
        %8:f32[] = constant{values=[0.09999999999999998]}
        %9:f32[2] = broadcast{shape=[2] dims=[]} %8
        %10:f32[2] = mul %1 %9
        %11:f32[2] = add %7 %10
        %12:f32[2] = sign %11
        %13:f32[] = constant{values=[1]}
        %14:f32[2] = broadcast{shape=[2] dims=[]} %13
        %15:f32[2] = mul %0 %14
        %16:f32[2] = add %12 %15
        %17:f32[2] = broadcast{shape=[2] dims=[]} %4
        %18:f32[2] = mul %16 %17
        %19:f32[2] = sub %0 %18
        %20:f32[] = constant{values=[0.99]}
        %21:f32[2] = broadcast{shape=[2] dims=[]} %20
        %22:f32[2] = mul %2 %21
        %23:f32[] = constant{values=[0.010000000000000009]}
        %24:f32[2] = broadcast{shape=[2] dims=[]} %23
        %25:f32[2] = mul %1 %24
        %26:f32[2] = add %22 %25
        return param=%19, exp_avg=%26
      }
      "
    `)
  })
})

describe('SGD', () => {
  test('without momentum it keeps nothing', () => {
    const value: OptimizerValue = { ...SGD, momentum: 0 }
    expect(optimizerOf(value).state([3], value)).toEqual({})
    expect(optimizerOf(SGD).state([3], SGD)).toEqual({ momentum_buffer: [3] })
  })

  test('decay applies only where asked', () => {
    const given = { param: [2], grad: [0], momentum_buffer: [0], step: [0], lr: [0.5] }
    expect(run(updateProgram(SGD, 1, false), given).param![0]).toBe(2)
    expect(run(updateProgram(SGD, 1, true), given).param![0]).toBeCloseTo(1.9, 12)
  })
})
