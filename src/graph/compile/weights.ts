import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import { tensor } from '../../ir/types.ts'
import type { Constraint, Init } from '../../nn/scope.ts'
import { GraphFault } from '../diagnostic.ts'

/** One weight: named `node-id/path`, through subgraphs `outer/inner/path`. */
export interface WeightSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly init: Init
  readonly constraint?: Constraint
  /** Whether weight decay applies; undefined leaves it to the optimizer's rule. */
  readonly decay?: boolean
  /** The node's own setting, the default of its stage. */
  readonly trainable: boolean
}

/** The weights that a program asked for while it was built, each a program input. */
export class WeightInputs {
  readonly specs = new Map<string, WeightSpec>()
  private readonly values = new Map<string, Var>()
  private readonly b: Builder

  constructor(b: Builder) {
    this.b = b
  }

  get(spec: WeightSpec): Var {
    const known = this.specs.get(spec.name)
    if (known) {
      if (String(known.shape) !== String(spec.shape))
        throw new GraphFault(
          'DT034',
          `the weight "${spec.name}" is [${known.shape}] for one node and [${spec.shape}] for another`,
          { hint: 'Nodes that share weights need the same sizes.' },
        )
      // A weight that any of its users trains is trained.
      if (spec.trainable && !known.trainable) this.specs.set(spec.name, spec)
      return this.values.get(spec.name)!
    }
    const value = this.b.input(spec.name, tensor('f32', spec.shape))
    this.specs.set(spec.name, spec)
    this.values.set(spec.name, value)
    return value
  }

  value(name: string): Var {
    return this.values.get(name)!
  }

  /** By name, in canonical order. */
  sorted(): WeightSpec[] {
    return [...this.specs.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}
