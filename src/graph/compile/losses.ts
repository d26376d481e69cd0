import type { Var } from '../../ir/program.ts'
import type { Wire } from '../document.ts'
import { asField } from '../kit.ts'
import type { Stage } from './stage.ts'

/** A loss f32[] and its gradients with respect to the weights that its objective trains, in their order. */
export interface Gradients {
  readonly loss: Var
  readonly grads: readonly Var[]
}

/** The two terms of a loss wire, f32[] each. */
export function termsOf(stage: Stage, wire: Wire): { readonly sum: Var; readonly count: Var } {
  const value = stage.value(wire)
  return { sum: asField(value, 'loss', 'sum'), count: asField(value, 'loss', 'count') }
}
