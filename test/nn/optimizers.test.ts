import { describe, expect, test } from 'vitest'
import {
  clipByGlobalNorm,
  decays,
  globalNorm,
  type OptimizerValue,
  optimizerOf,
  optimizers,
} from '../../src/nn/optimizers/index.ts'
import { learningRate, learningRateAt, type Schedule } from '../../src/nn/schedules.ts'
import { describeGolden, type GoldenArray } from './golden.ts'
import { difference, run, runSingle, TestModel } from './scope.ts'

const SCHEDULE: Schedule = { kind: 'constant', base: 1, warmupSteps: 0, totalSteps: 1 }
const ADAMW: OptimizerValue = {
  kind: 'adamw',
  schedule: SCHEDULE,
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-6,
  weightDecay: 0.2,
}

/** One AdamW update of a weight f32[n] as a program. */
function updateProgram(value: OptimizerValue, n: number, decay: boolean) {
  const model = new TestModel()
  const { update, state } = optimizerOf(value)
  const slots = Object.keys(state([n], value))
  const next = update(model.b, value, {
    param: model.input('param', `f32[${n}]`),
    grad: model.input('grad', `f32[${n}]`),
    state: Object.fromEntries(slots.map(slot => [slot, model.input(slot, `f32[${n}]`)])),
    step: model.input('step', 's32[]'),
    lr: model.input('lr', 'f32[]'),
    decay,
  })
  return model.program({ param: next.param, ...next.state })
}

type ByWeight<T> = Readonly<Record<'matrix' | 'vector', T>>

interface Golden {
  readonly betas: readonly [number, number]
  readonly eps: number
  readonly schedule: { base_lr: number; warmup: number; steps: number; learning_rate: GoldenArray }
  readonly cases: readonly {
    readonly dtype: 'f32' | 'f64'
    readonly weight_decay: ByWeight<number>
    readonly learning_rate: 'schedule' | number
    readonly start: ByWeight<GoldenArray>
    readonly gradients: ByWeight<GoldenArray>
    readonly parameters_after_step: Readonly<Record<string, ByWeight<GoldenArray>>>
    readonly exp_avg_after_step_50: ByWeight<GoldenArray>
    readonly exp_avg_sq_after_step_50: ByWeight<GoldenArray>
  }[]
}

describeGolden<Golden>('adamw', ({ betas, eps, schedule, cases }) => {
  const rates = schedule.learning_rate.data
  const cosine: Schedule = {
    kind: 'cosine',
    base: schedule.base_lr,
    warmupSteps: schedule.warmup,
    totalSteps: schedule.steps,
  }

  test.each(
    cases.map(c => [`decay ${c.weight_decay.matrix}, rate ${c.learning_rate}, ${c.dtype}`, c] as const),
  )('50 steps are torch.optim.AdamW: %s', (_, c) => {
    for (const weight of ['matrix', 'vector'] as const) {
      const weightDecay = c.weight_decay[weight]
      const n = c.start[weight].data.length
      const value = { ...ADAMW, beta1: betas[0], beta2: betas[1], eps, weightDecay }
      const program = updateProgram(value, n, weightDecay > 0)
      let at: Record<string, ArrayLike<number>> = {
        param: c.start[weight].data,
        exp_avg: new Float64Array(n),
        exp_avg_sq: new Float64Array(n),
      }
      const tol = c.dtype === 'f64' ? 1e-9 : 1e-5
      for (let step = 0; step < schedule.steps; step++) {
        const grad = c.gradients[weight].data.slice(step * n, (step + 1) * n)
        const lr = c.learning_rate === 'schedule' ? rates[step]! : c.learning_rate
        at = run(program, { ...at, grad, step: [step], lr: [lr] })
        const kept = c.parameters_after_step[step + 1]
        if (kept) expect(difference(at.param!, kept[weight].data)).toBeLessThan(tol)
      }
      expect(difference(at.exp_avg!, c.exp_avg_after_step_50[weight].data)).toBeLessThan(tol)
      expect(difference(at.exp_avg_sq!, c.exp_avg_sq_after_step_50[weight].data)).toBeLessThan(tol)
    }
  })

  test("the schedule is open_clip's cosine_lr", () => {
    expect(
      difference(
        rates.map((_, step) => learningRateAt(cosine, step)),
        rates,
      ),
    ).toBeLessThan(1e-15)
  })
})

describe('AdamW', () => {
  test('the first step moves every weight by the rate, against the sign of its gradient', () => {
    const program = updateProgram({ ...ADAMW, eps: 1e-30 }, 2, false)
    const zeros = [0, 0]
    const { param } = run(program, {
      param: [1, 1],
      grad: [1e-3, -50],
      exp_avg: zeros,
      exp_avg_sq: zeros,
      step: [0],
      lr: [0.1],
    })
    expect(difference(param!, [0.9, 1.1])).toBeLessThan(1e-12)
  })

  test('without momentum or second moment it follows the sign of the gradient', () => {
    const program = updateProgram({ ...ADAMW, beta1: 0, beta2: 0, eps: 1e-30 }, 2, false)
    const { param } = run(program, {
      param: [1, 1],
      grad: [2, -3],
      exp_avg: [9, 9],
      exp_avg_sq: [9, 9],
      step: [7],
      lr: [0.5],
    })
    expect(difference(param!, [0.5, 1.5])).toBeLessThan(1e-12)
  })

  // With the plain difference 1 - βᵗ the first of these is wrong by 6e-5 in float32.
  test('the bias correction keeps its digits in float32', () => {
    const program = updateProgram({ ...ADAMW, beta1: 0, beta2: 0.9999, eps: 1e-30 }, 1, false)
    for (const step of [0, 9, 999, 99_999]) {
      const given = {
        param: [0],
        grad: [1],
        exp_avg: [0],
        exp_avg_sq: [1 - 0.9999 ** step],
        step: [step],
        lr: [1],
      }
      const { param } = runSingle(program, given)
      expect(Math.abs(param![0]! + 1)).toBeLessThan(1e-5)
    }
  })

  test('decays matrices only', () => {
    expect([[], [3], [2, 3], [8, 3, 4, 4]].map(decays)).toEqual([false, false, true, true])
  })

  test('printed', () => {
    const model = new TestModel()
    const { param, state } = optimizers.adamw.update(model.b, ADAMW, {
      param: model.input('param', 'f32[2,3]'),
      grad: model.input('grad', 'f32[2,3]'),
      state: { exp_avg: model.input('m', 'f32[2,3]'), exp_avg_sq: model.input('v', 'f32[2,3]') },
      step: model.input('step', 's32[]'),
      lr: model.input('lr', 'f32[]'),
      decay: true,
    })
    expect(model.print({ param, ...state })).toMatchInlineSnapshot(`
      "program test(%0:f32[2,3] param, %1:f32[2,3] grad, %2:f32[2,3] m, %3:f32[2,3] v, %4:s32[] step, %5:f32[] lr) {
        %6:f32[] = convert{dtype=f32} %4
        %7:f32[] = constant{values=[1]}
        %8:f32[] = add %6 %7
        %9:f32[] = constant{values=[0.9]}
        %10:f32[2,3] = broadcast{shape=[2,3] dims=[]} %9
        %11:f32[2,3] = mul %2 %10
        %12:f32[] = constant{values=[0.09999999999999998]}
        %13:f32[2,3] = broadcast{shape=[2,3] dims=[]} %12
        %14:f32[2,3] = mul %1 %13
        %15:f32[2,3] = add %11 %14
        %16:f32[] = constant{values=[0.98]}
        %17:f32[2,3] = broadcast{shape=[2,3] dims=[]} %16
        %18:f32[2,3] = mul %3 %17
        %19:f32[2,3] = mul %1 %1
        %20:f32[] = constant{values=[0.020000000000000018]}
        %21:f32[2,3] = broadcast{shape=[2,3] dims=[]} %20
        %22:f32[2,3] = mul %19 %21
        %23:f32[2,3] = add %18 %22
        %24:f32[] = constant{values=[0.10536051565782628]}
        %25:f32[] = mul %8 %24
        %26:f32[] = constant{values=[0.5]}
        %27:f32[] = mul %25 %26
        %28:f32[] = tanh %27
        %29:f32[] = neg %25
        %30:f32[] = exp %29
        %31:f32[] = add %30 %7
        %32:f32[] = mul %28 %31
        %33:f32[] = div %5 %32
        %34:f32[2,3] = sqrt %23
        %35:f32[] = constant{values=[0.020202707317519466]}
        %36:f32[] = mul %8 %35
        %37:f32[] = mul %36 %26
        %38:f32[] = tanh %37
        %39:f32[] = neg %36
        %40:f32[] = exp %39
        %41:f32[] = add %40 %7
        %42:f32[] = mul %38 %41
        %43:f32[] = rsqrt %42
        %44:f32[2,3] = broadcast{shape=[2,3] dims=[]} %43
        %45:f32[2,3] = mul %34 %44
        %46:f32[] = constant{values=[0.2]}
        %47:f32[] = mul %5 %46
        %48:f32[] = sub %7 %47
        %49:f32[2,3] = broadcast{shape=[2,3] dims=[]} %48
        %50:f32[2,3] = mul %0 %49
        %51:f32[] = constant{values=[0.000001]}
        %52:f32[2,3] = broadcast{shape=[2,3] dims=[]} %51
        %53:f32[2,3] = add %45 %52
        %54:f32[2,3] = div %15 %53
        %55:f32[2,3] = broadcast{shape=[2,3] dims=[]} %33
        %56:f32[2,3] = mul %55 %54
        %57:f32[2,3] = sub %50 %56
        return param=%57, exp_avg=%15, exp_avg_sq=%23
      }
      "
    `)
  })
})

describe('global norm', () => {
  const clipped = (limit: number, x: readonly number[], y: number) => {
    const model = new TestModel()
    const grads = [model.input('x', 'f32[2,1]'), model.input('y', 'f32[]')]
    const [a, c] = clipByGlobalNorm(model.b, grads, limit)
    const program = model.program({ norm: globalNorm(model.b, grads), a: a!, c: c! })
    const results = run(program, { x, y: [y] })
    return { norm: results.norm![0]!, grads: [...results.a!, ...results.c!] }
  }

  test('is the length of all gradients as one vector', () => {
    expect(clipped(1, [2, 3], 6).norm).toBeCloseTo(7, 12)
  })

  test('gradients above the limit are scaled down to it, others stay', () => {
    const scale = 3.5 / (7 + 1e-6)
    expect(difference(clipped(3.5, [2, 3], 6).grads, [2 * scale, 3 * scale, 6 * scale])).toBeLessThan(1e-12)
    expect(clipped(8, [2, 3], 6).grads).toEqual([2, 3, 6])
    expect(clipped(1, [0, 0], 0).grads).toEqual([0, 0, 0])
  })
})

describe('schedules', () => {
  const SCHEDULES: Schedule[] = [
    { kind: 'cosine', base: 1e-3, warmupSteps: 10, totalSteps: 50 },
    { kind: 'cosine', base: 1e-3, warmupSteps: 0, totalSteps: 30, final: 1e-4 },
    { kind: 'linear', base: 2e-3, warmupSteps: 5, totalSteps: 40, final: 1e-5 },
    { kind: 'constant', base: 5e-4, warmupSteps: 7, totalSteps: 20 },
    { kind: 'cosine', base: 1e-3, warmupSteps: 20, totalSteps: 20 },
    { kind: 'inverse_sqrt', base: 1e-3, warmupSteps: 10, totalSteps: 50 },
    { kind: 'inverse_sqrt', base: 1e-3, warmupSteps: 0, totalSteps: 50 },
    {
      kind: 'warmup_stable_decay',
      base: 1e-3,
      warmupSteps: 5,
      totalSteps: 50,
      decaySteps: 20,
      final: 1e-4,
    },
    { kind: 'warmup_stable_decay', base: 1e-3, warmupSteps: 0, totalSteps: 45 },
  ]

  test.each(SCHEDULES.map(s => [`${s.kind}, warm-up ${s.warmupSteps} of ${s.totalSteps}`, s] as const))(
    'the compiled rate is the charted one: %s',
    (_, schedule) => {
      const model = new TestModel()
      const step = model.input('step', 's32[]')
      const program = model.program({ rate: learningRate(model.b, step, schedule) })
      for (let t = 0; t < 60; t++) {
        const rate = run(program, { step: [t] }).rate![0]!
        expect(rate).toBeCloseTo(learningRateAt(schedule, t), 15)
      }
    },
  )

  test('warm up to the base, end at the final rate and stay there', () => {
    const schedule: Schedule = { kind: 'cosine', base: 1, warmupSteps: 4, totalSteps: 12, final: 0.1 }
    const rates = [0, 3, 4, 8, 12, 100].map(t => learningRateAt(schedule, t))
    expect(difference(rates, [0.25, 1, 1, 0.55, 0.1, 0.1])).toBeLessThan(1e-12)
    expect(learningRateAt({ ...schedule, kind: 'linear' }, 8)).toBeCloseTo(0.55, 12)
    expect(learningRateAt({ ...schedule, kind: 'constant' }, 100)).toBe(1)
    expect(learningRateAt({ ...schedule, kind: 'inverse_sqrt' }, 15)).toBeCloseTo(0.5, 12)
    const stable: Schedule = { ...schedule, kind: 'warmup_stable_decay', decaySteps: 4 }
    expect(
      difference(
        [3, 8, 10, 12, 100].map(t => learningRateAt(stable, t)),
        [1, 1, 0.55, 0.1, 0.1],
      ),
    ).toBeLessThan(1e-12)
  })

  test('the decay is a tenth of all steps by default, and never reaches into the warm-up', () => {
    const stable: Schedule = { kind: 'warmup_stable_decay', base: 1, warmupSteps: 0, totalSteps: 40 }
    expect([36, 37, 40].map(t => learningRateAt(stable, t))).toEqual([1, 0.75, 0])
    const crowded: Schedule = { ...stable, warmupSteps: 38, decaySteps: 30 }
    expect(learningRateAt(crowded, 37)).toBe(1)
    expect([38, 39, 40].map(t => learningRateAt(crowded, t))).toEqual([1, 0.5, 0])
  })
})
