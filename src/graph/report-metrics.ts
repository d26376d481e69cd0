import type { Report } from './host.ts'

/** One number of a report beside what it is compared with. */
export interface MetricRow {
  readonly name: string
  readonly value: number
  readonly error?: number
  /** What chance would give, and how many times that the value is. */
  readonly chance?: number
  readonly times?: number
}

/** The metrics of a report in its order; chances stand with the metrics that they belong to. */
export function metricRows({ metrics, standardErrors = {} }: Report): MetricRow[] {
  const names = Object.keys(metrics)
  const chances = new Map(names.map(name => [name, chanceOf(name, metrics, standardErrors)]))
  const shown = new Set([...chances.values()])
  return names
    .filter(name => !shown.has(name))
    .map(name => {
      const value = metrics[name]!
      const chance = metrics[chances.get(name) ?? '']
      return { name, value, error: standardErrors[name], chance, times: chance ? value / chance : undefined }
    })
}

/** What chance would give of a figure that has items; undefined where the report does not say. */
export function chanceLevel({ metrics, standardErrors = {} }: Report, figure: string): number | undefined {
  return metrics[chanceOf(figure, metrics, standardErrors) ?? '']
}

/**
 * The name of the metric that says what chance would give: `chance_recall@1` for `image_to_text_recall@1`; plain
 * `chance` for a score, that is for what has a standard error.
 */
function chanceOf(
  name: string,
  metrics: Report['metrics'],
  standardErrors: Readonly<Record<string, number>>,
): string | undefined {
  if (/^chance(_|$)/.test(name)) return undefined
  const own = Object.keys(metrics).find(
    other => other.startsWith('chance_') && `_${name}`.endsWith(other.slice('chance'.length)),
  )
  return own ?? ('chance' in metrics && name in standardErrors ? 'chance' : undefined)
}
