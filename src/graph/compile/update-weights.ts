import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import { tensor } from '../../ir/types.ts'
import { clipByGlobalNorm, decays, globalNorm, optimizerOf } from '../../nn/optimizers/index.ts'
import { learningRate } from '../../nn/schedules.ts'
import type { ObjectiveSettings } from '../kit.ts'
import { matchesPattern } from '../pattern.ts'
import type { Gradients } from './losses.ts'
import type { Objective } from './objectives.ts'
import type { StepBuild } from './step-build.ts'

/** What one objective's update gives, by name. */
export interface Updated {
  readonly weights: ReadonlyMap<string, Var>
  readonly slots: ReadonlyMap<string, Var>
  readonly metrics: ReadonlyMap<string, Var>
}

/** How many updates of an objective came before this step s32[], which is one of its steps. */
export function updatesBefore(b: Builder, step: Var, { every, start }: ObjectiveSettings): Var {
  const since = start === 0 ? step : b.sub(step, start)
  // Steps are below 2²⁴, so float32 divides them exactly.
  return every === 1 ? since : b.convert(b.div(b.convert(since, 'f32'), every), 's32')
}

/** Clips an objective's gradients and gives them to its optimizer, weight by weight. */
export function updateWeights(build: StepBuild, objective: Objective, { loss, grads }: Gradients): Updated {
  const { b, step, weights } = build
  const { clipNorm, groups } = build.context.settings
  const { label, optimizer } = objective
  const clipped = clipNorm > 0 ? clipByGlobalNorm(b, grads, clipNorm) : grads
  const lr = learningRate(b, step, optimizer.schedule)
  const metrics = new Map([
    [`train/loss${label}`, loss],
    [`train/grad_norm${label}`, globalNorm(b, grads)],
    [`train/learning_rate${label}`, lr],
  ])
  const rule = optimizerOf(optimizer)
  const before = updatesBefore(b, step, objective)
  const made = objective.weights.map((w, i) => {
    const group = groups.find(g => matchesPattern(g.pattern, w.name))
    const shapes = Object.entries(rule.state(w.shape, optimizer))
    const memory = shapes.map(([slot, shape]) => {
      const value = build.array(objective.slotName(w.name, slot), tensor('f32', shape))
      return [slot, value] as const
    })
    const next = rule.update(b, optimizer, {
      param: weights.value(w.name),
      grad: clipped[i]!,
      state: Object.fromEntries(memory),
      step: before,
      lr: group && group.rate !== 1 ? b.mul(lr, group.rate) : lr,
      decay: group?.weightDecay ?? w.decay ?? decays(w.shape),
    })
    const limit = w.constraint
    const param = limit ? b.min(b.max(next.param, limit.min), limit.max) : next.param
    const slots = shapes.map(([slot]) => [objective.slotName(w.name, slot), next.state[slot]!] as const)
    return { name: w.name, param, slots }
  })
  return {
    weights: new Map(made.map(m => [m.name, m.param])),
    slots: new Map(made.flatMap(m => m.slots)),
    metrics,
  }
}
