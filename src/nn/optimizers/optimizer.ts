import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'

/** The optimizer's memory of one weight, by slot. */
export type Slots = Readonly<Record<string, Var>>

/** One weight in one step. */
export interface UpdateArgs {
  readonly param: Var
  readonly grad: Var
  readonly state: Slots
  /** s32[], how many updates came before this one. */
  readonly step: Var
  /** Learning rate, f32[]. */
  readonly lr: Var
  /** Whether weight decay applies to this weight. */
  readonly decay: boolean
}

/** An update rule; `V` are its settings, a plain JSON value with the rule's `kind`. */
export interface Optimizer<V> {
  /** Shapes of the slots that a weight of `shape` needs; all start at 0. */
  readonly state: (shape: readonly number[], value: V) => Readonly<Record<string, readonly number[]>>
  /** The weight and its slots after the step. */
  readonly update: (b: Builder, value: V, args: UpdateArgs) => { readonly param: Var; readonly state: Slots }
}

/** The default rule of weight decay, open_clip's: only weights with two axes or more, no gain, bias or scalar. */
export const decays = (shape: readonly number[]): boolean => shape.length >= 2
