import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import { tensor } from '../../ir/types.ts'
import type { Constraint, Init } from '../../nn/scope.ts'
import { GraphFault } from '../diagnostic.ts'
import type { Wire } from '../document.ts'

/**
 * - `weight`: what optimizers may change;
 * - `state`: changed by updates that nodes emit, once a step;
 * - `average`: a moving average of the weight `startsAs`, moved once a step;
 * - `bound`: a weight of another wire, never changed and no part of what the stage saves.
 */
export type WeightRole = 'weight' | 'state' | 'average' | 'bound'

/** One weight: named `node-id/path`, through subgraphs `outer/inner/path`. */
export interface WeightSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly init: Init
  readonly constraint?: Constraint
  /** Whether weight decay applies; undefined leaves it to the optimizer's rule. */
  readonly decay?: boolean
  /** The node's own setting, the default of its stage; false for all that is no `weight`. */
  readonly trainable: boolean
  readonly role: WeightRole
  /** The weight of this program whose starting value it has, where the wired weights have none of its own name. */
  readonly startsAs?: string
  /** Of an average: the share of it that a step keeps. */
  readonly averageDecay?: number
  /** Of a bound weight: the weights wire that it comes from, and its name there. */
  readonly bound?: { readonly wire: Wire; readonly name: string }
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

  /** Whoever asks from now on gets these values; no gradient flows back into how they came about. */
  advance(values: ReadonlyMap<string, Var>): void {
    for (const [name, v] of values) this.values.set(name, this.b.stopGradient(v))
  }

  /** By name, in canonical order. */
  sorted(): WeightSpec[] {
    return [...this.specs.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}
