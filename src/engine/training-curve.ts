import type { Report } from '../graph/host.ts'
import type { StepEvent } from '../protocol/messages.ts'

/**
 * A Train's metrics as a report: of each metric that every step has, the mean over all steps, with the steps as items.
 * A loss that acts on some steps only has no such curve.
 */
export function trainingCurve(events: readonly StepEvent[]): Report {
  const [first] = events
  const names = Object.keys(first ?? {}).filter(name => name.startsWith('train/')) as `train/${string}`[]
  const curves = names.flatMap(name => {
    const values = events.flatMap(event => event[name] ?? [])
    return values.length === events.length ? [[name, values] as const] : []
  })
  const last = events.at(-1)?.step ?? 0
  return {
    metrics: {
      n: events.length,
      ...Object.fromEntries(curves.map(([name, v]) => [name, v.reduce((sum, x) => sum + x, 0) / v.length])),
    },
    items: Object.fromEntries(curves),
    itemSets: Object.fromEntries(curves.map(([name]) => [name, `steps 0 to ${last}`])),
  }
}
