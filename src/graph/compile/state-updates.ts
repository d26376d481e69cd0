import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import { movingAverage } from '../../nn/moving-average.ts'
import type { WeightInputs } from './weights.ts'

/** What one node makes of some states: their values after the step from those before, by full names. */
export interface StateUpdate {
  readonly node: string
  readonly names: readonly string[]
  readonly next: (old: readonly Var[]) => readonly Var[]
}

/** Where a stage brings the updates that its nodes emit. */
export interface UpdateSink {
  readonly record: (update: StateUpdate) => void
}

/**
 * The updates of state of one training step. Objectives may stage the same node several times; what its first
 * staging emitted counts.
 */
export class StateUpdates {
  private readonly made: StateUpdate[] = []
  private readonly owner = new Map<string, UpdateSink>()

  /** A sink for one staging. */
  staging(): UpdateSink {
    const sink: UpdateSink = {
      record: update => {
        const first = this.owner.get(update.node) ?? sink
        this.owner.set(update.node, first)
        if (first === sink) this.made.push(update)
      },
    }
    return sink
  }

  /**
   * The states after the step, by name: the functions of all nodes folded in the canonical order of `nodes`, so that
   * a shared state goes through its users one after the other.
   */
  apply(b: Builder, weights: WeightInputs, nodes: Iterable<string>): Map<string, Var> {
    const place = new Map([...nodes].map((id, i) => [id, i]))
    const inOrder = [...this.made].sort((x, y) => place.get(x.node)! - place.get(y.node)!)
    const now = new Map<string, Var>()
    for (const { node, names, next } of inOrder) {
      const old = names.map(name => now.get(name) ?? weights.value(name))
      const made = b.at(node, () => next(old))
      names.forEach((name, i) => {
        now.set(name, made[i]!)
      })
    }
    return now
  }
}

/**
 * The moving averages of other nodes' weights after the step, by name: w̄ ← m w̄ + (1 - m) w with the weight `after`
 * the step. Source: He et al. 2020 (arXiv 1911.05722), Eq. 2.
 */
export const moveAverages = (
  b: Builder,
  weights: WeightInputs,
  after: (name: string) => Var,
): Map<string, Var> =>
  new Map(
    weights
      .sorted()
      .filter(w => w.role === 'average')
      .map(({ name, startsAs, averageDecay }) => {
        const kept = b.scalar('f32', averageDecay!)
        return [name, movingAverage(b, weights.value(name), after(startsAs!), kept)]
      }),
  )
