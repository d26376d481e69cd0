import type { SettingsValue } from '../../graph/host.ts'
import { defineHost, z } from '../../graph/kit.ts'
import type { OptimizerValue } from '../../nn/optimizers/index.ts'
import type { Schedule } from '../../nn/schedules.ts'

type ParamSchema = z.ZodObject<z.ZodRawShape>

/** What one optimizer says of itself; every one takes a schedule and gives an optimizer. */
interface OptimizerSpec<S extends ParamSchema> {
  readonly type: string
  readonly title: string
  readonly doc: string
  readonly params: S
  /** Throws a `GraphFault` where the settings contradict each other. */
  readonly check?: (params: z.infer<S>) => void
  readonly value: (params: z.infer<S>, schedule: Schedule) => OptimizerValue
}

export const defineOptimizer = <S extends ParamSchema>(spec: OptimizerSpec<S>) => {
  const { type, title, doc, params, check, value } = spec
  return defineHost<S>({
    type,
    version: 1,
    title,
    category: 'optimizer',
    doc,
    params,
    inputs: {
      schedule: { accepts: { kind: 'host', of: 'schedule' }, doc: 'The learning rate of each step.' },
    },
    uses: [],
    types: p => {
      check?.(p)
      return { optimizer: { kind: 'optimizer' } }
    },
    run: async (_, p, inputs) => ({
      optimizer: {
        kind: 'optimizer',
        value: value(p, (inputs.schedule as SettingsValue).value as Schedule),
      },
    }),
  })
}

/** The decay setting that all share, with each rule's usual value. */
export const weightDecay = (usual: number) =>
  z.number().min(0).max(10).default(usual).describe('The decay λ of matrices.')
