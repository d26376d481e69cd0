import type { TrainStep } from '../../graph/compile/train-step.ts'
import type { TrainVariant } from '../../graph/compile/train-variant.ts'
import { WeightInputs, type WeightSpec } from '../../graph/compile/weights.ts'
import { gradient } from '../../ir/autodiff/gradient.ts'
import { Builder } from '../../ir/builder.ts'
import { optimize } from '../../ir/passes/optimize.ts'
import type { Program, Var } from '../../ir/program.ts'
import { type TensorType, tensor } from '../../ir/types.ts'
import type { AdamWValue } from '../../nn/optimizers/adamw.ts'
import { optimizerOf } from '../../nn/optimizers/index.ts'
import type { Scope } from '../../nn/scope.ts'

/** The optimizer of every benchmark, at a constant rate; `bench/peers/protocol.py` has the same numbers. */
export const OPTIMIZER: AdamWValue = {
  kind: 'adamw',
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-6,
  weightDecay: 0.2,
  schedule: { kind: 'constant', base: 5e-4, warmupSteps: 0, totalSteps: 1, final: 0 },
}

export type Inputs<K extends string> = Readonly<Record<K, TensorType>>
type Values<K extends string> = Readonly<Record<K, Var>>

/** A model of layers from `src/nn`, outside any graph: weights are named by their paths alone. */
class Model<K extends string> {
  readonly b = new Builder()
  readonly weights = new WeightInputs(this.b)
  readonly inputs: Inputs<K>
  readonly scope: Scope
  private readonly values: Values<K>

  constructor(inputs: Inputs<K>) {
    this.inputs = inputs
    const none = (what: string) => (): never => {
      throw new Error(`a benchmark's model has no ${what}`)
    }
    const at = (prefix: string): Scope => ({
      b: this.b,
      mode: 'train',
      dtype: 'f32',
      weight: (path, shape, init, { precise: _, ...options } = {}) =>
        this.weights.get({ name: prefix + path, shape, init, role: 'weight', trainable: true, ...options }),
      state: none('state'),
      update: none('state'),
      named: none('graph'),
      key: none('random key'),
      child: path => at(`${prefix}${path}/`),
      block: build => build(at(prefix)),
      watch: () => {},
    })
    this.scope = at('')
    this.values = Object.fromEntries(
      this.names().map(name => [name, this.b.input(name, inputs[name])]),
    ) as Values<K>
  }

  names(): K[] {
    return Object.keys(this.inputs) as K[]
  }

  build<T>(f: (s: Scope, inputs: Values<K>) => T): T {
    return f(this.scope, this.values)
  }

  /** The program, its inputs in this order of names. */
  finish(name: string, order: readonly string[]): Program {
    const built = this.b.finish(name)
    const byName = new Map(built.inputs.map(i => [i.name, i]))
    return optimize({ ...built, inputs: order.map(n => byName.get(n)!) })
  }
}

export interface BuiltModel {
  /** Takes the weights, then the inputs. */
  readonly program: Program
  readonly weights: readonly WeightSpec[]
}

/** A model's forward pass: the results of `forward`, in order. */
export function buildForward<K extends string>(
  name: string,
  inputs: Inputs<K>,
  forward: (s: Scope, inputs: Values<K>) => Readonly<Record<string, Var>>,
): BuiltModel {
  const model = new Model(inputs)
  for (const [output, value] of Object.entries(model.build(forward))) model.b.output(output, value)
  const weights = model.weights.sorted()
  return { program: model.finish(name, [...weights.map(w => w.name), ...model.names()]), weights }
}

/** A training step of a model with AdamW, in the form that `TrainLoop` runs. */
export function buildStep<K extends string>(
  name: string,
  inputs: Inputs<K>,
  loss: (s: Scope, inputs: Values<K>) => Var,
): TrainStep {
  const model = new Model(inputs)
  const { b } = model
  const value = model.build(loss)
  const weights = model.weights.sorted()
  const params = weights.map(w => model.weights.value(w.name))
  const grads = gradient(b, value, params)
  const step = b.input('step', tensor('s32', []))
  b.input('key', tensor('u32', [2]))
  const optimizer = optimizerOf(OPTIMIZER)
  const lr = b.scalar('f32', OPTIMIZER.schedule.base)
  const updates = weights.map((w, i) => {
    const slots = Object.entries(optimizer.state(w.shape, OPTIMIZER)).map(([slot, shape]) => {
      const spec = { name: `${w.name}:${slot}`, type: tensor('f32', shape) }
      return { slot, spec, value: b.input(spec.name, spec.type) }
    })
    const next = optimizer.update(b, OPTIMIZER, {
      param: params[i]!,
      grad: grads[i]!,
      state: Object.fromEntries(slots.map(s => [s.slot, s.value])),
      step,
      lr,
      decay: w.decay ?? w.shape.length >= 2,
    })
    return { slots, next }
  })
  updates.forEach(({ next }, i) => {
    b.output(weights[i]!.name, next.param)
  })
  for (const { slots, next } of updates)
    for (const { slot, spec } of slots) b.output(spec.name, next.state[slot]!)
  b.output('step', b.add(step, 1))
  b.output('train/loss', value)
  const state = updates.flatMap(u => u.slots.map(s => s.spec))
  const names = weights.map(w => w.name)
  const kept = [...names, ...state.map(s => s.name), 'step']
  const args = [...kept, 'key']
  const batch = model.names().map(n => ({ name: n, batch: 'batch', port: n, raw: n, type: inputs[n] }))
  const variant: TrainVariant = {
    program: model.finish(name, [...args, ...model.names()]),
    args,
    batch,
    kept,
    metrics: ['train/loss'],
    donate: kept.map((_, i) => i),
  }
  return { weights, bound: [], state, batch, variants: [variant], variantAt: () => variant, plan: '' }
}
