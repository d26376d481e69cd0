import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import { type TensorType, tensor } from '../../ir/types.ts'
import { hashString } from '../../nn/init.ts'
import { foldIn } from '../../nn/random.ts'
import type { TrainSettings } from '../kit.ts'
import type { GraphNodes } from '../slice.ts'
import { Stage, type StageOptions } from './stage.ts'
import { StateUpdates } from './state-updates.ts'
import { WeightInputs } from './weights.ts'

/** What all stagings of one Train have in common. */
export interface TrainContext {
  readonly graph: GraphNodes
  readonly train: string
  readonly settings: TrainSettings
}

/** One program of a training step while it is built: what is asked for becomes an input, once. */
export class StepBuild {
  readonly b: Builder
  readonly weights: WeightInputs
  readonly updates = new StateUpdates()
  readonly context: TrainContext
  /** s32[], how many steps came before. */
  readonly step: Var
  /** The key of this step, u32[2]. */
  readonly key: Var
  private readonly inputs = new Map<string, Var>()

  constructor(context: TrainContext, b: Builder) {
    this.context = context
    this.b = b
    this.weights = new WeightInputs(b)
    this.step = b.input('step', tensor('s32', []))
    const seed = b.input('key', tensor('u32', [2]))
    this.key = b.at(context.train, () => foldIn(b, seed, b.convert(this.step, 'u32')))
  }

  /** A batch array or a piece of the optimizer's memory. */
  array(name: string, type: TensorType): Var {
    const known = this.inputs.get(name) ?? this.b.input(name, type)
    this.inputs.set(name, known)
    return known
  }

  /** A stage in train mode over the whole batch; `options` say otherwise. */
  stage(options: Partial<StageOptions> = {}): Stage {
    const { graph } = this.context
    return new Stage(graph, this.b, this.weights, {
      ...this.policy(this.b, this.key),
      arrays: (name, type) => this.array(name, type),
      ...options,
    })
  }

  /** A stage inside a region, of rows that come in as `arrays`, with a key of its own. */
  stageInside(c: Builder, key: Var, options: Pick<StageOptions, 'rows' | 'arrays'>): Stage {
    return new Stage(this.context.graph, c, this.weights, { ...this.policy(c, key), ...options })
  }

  private policy(b: Builder, key: Var): StageOptions {
    const { precision, gradientCheckpointing } = this.context.settings
    return { mode: 'train', precision, gradientCheckpointing, key, foldName: foldName(b) }
  }
}

/** Folds a name into a key: the key of one place in one step. */
const foldName = (b: Builder) => (key: Var, name: string) => {
  const [hi, lo] = hashString(name)
  return foldIn(b, foldIn(b, key, hi), lo)
}
