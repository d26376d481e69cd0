import { type AdamWValue, adamw } from './adamw.ts'
import { type LionValue, lion } from './lion.ts'
import type { Optimizer } from './optimizer.ts'
import { type SgdValue, sgd } from './sgd.ts'

export { clipByGlobalNorm, globalNorm } from './clip.ts'
export { decays, type Optimizer, type Slots, type UpdateArgs } from './optimizer.ts'

/** The settings of any optimizer. */
export type OptimizerValue = AdamWValue | LionValue | SgdValue

type Kind = OptimizerValue['kind']

/** Update rules by kind. */
export const optimizers: { readonly [K in Kind]: Optimizer<Extract<OptimizerValue, { kind: K }>> } = {
  adamw,
  lion,
  sgd,
}

/** The update rule that goes with these settings. */
export const optimizerOf = <V extends OptimizerValue>(value: V): Optimizer<V> =>
  optimizers[value.kind] as unknown as Optimizer<V>
