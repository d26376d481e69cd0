import { type AdamWValue, adamw } from './adamw.ts'

export { clipByGlobalNorm, globalNorm } from './clip.ts'
export { decays, type Optimizer, type Slots, type UpdateArgs } from './optimizer.ts'

/** The settings of any optimizer. */
export type OptimizerValue = AdamWValue

/** Update rules by kind. */
export const optimizers = { adamw } as const
