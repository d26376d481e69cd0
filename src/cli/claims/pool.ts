import { type NodeJson, splitWire, wiresOf } from '../../graph/document.ts'
import type { Report, Verdict } from '../../graph/host.ts'
import { own } from '../../graph/own.ts'
import { judgeSeeds, type SeedArms, show } from '../../nodes/evaluation/judge.ts'
import { mean } from '../../nodes/evaluation/statistics.ts'
import type { BarResult } from './results.ts'

type Reports = Readonly<Record<string, Report>>

/** The bars among a run's reports. */
export const barsOf = (reports: Reports): readonly (readonly [string, Report & { verdict: Verdict }])[] =>
  Object.entries(reports).flatMap(([id, report]) =>
    report.verdict ? [[id, { ...report, verdict: report.verdict }] as const] : [],
  )

/** A bar judged on the items of all seeds together. `node`: where it is wired, if it is no inner node. */
export function poolBar(
  node: NodeJson | undefined,
  reports: readonly [Report & { verdict: Verdict }, ...(Report & { verdict: Verdict })[]],
): BarResult {
  const [first] = reports
  const arms = reports.map(armsOf) as [SeedArms, ...SeedArms[]]
  const { verdict, interval, a, b, n } = judgeSeeds(first.verdict.claim, arms)
  const { bar } = verdict
  const chances = reports.flatMap(r => own(r.metrics, 'chance') ?? [])
  const chance = chances.length > 0 ? mean(chances) : undefined
  return {
    claim: verdict.claim,
    met: verdict.met,
    sentence: verdict.sentence,
    metric: bar.metric,
    control: controlOf(node, verdict, chance),
    a: finite(a),
    b: finite(b ?? bar.value),
    difference: interval?.mean,
    low: interval?.low,
    high: interval?.high,
    bySeed: [...(interval?.bySeed ?? [])],
    n,
    chance,
  }
}

const finite = (x: number | undefined): number | undefined =>
  x !== undefined && Number.isFinite(x) ? x : undefined

/** What a bar compared, as its report keeps it. */
function armsOf({ verdict, items = {}, itemSets = {} }: Report & { verdict: Verdict }): SeedArms {
  const arm = (name: 'a' | 'b') => {
    const values = own(items, name)
    return values && { items: values, set: own(itemSets, name) ?? '' }
  }
  const b = arm('b')
  return { bar: verdict.bar, a: arm('a') ?? { items: [], set: '' }, ...(b && { b }) }
}

/** The other report and figure, or the number. */
function controlOf(node: NodeJson | undefined, { bar }: Verdict, chance: number | undefined): string {
  if (bar.against === undefined)
    return bar.value === chance && chance !== undefined ? `chance, ${show(chance)}` : show(bar.value ?? 0)
  const wire = wiresOf(node?.in.b)[0]
  const figure = bar.against === bar.metric ? [] : [bar.against]
  return [...(wire === undefined ? [] : [splitWire(wire).node]), ...figure].join(': ') || bar.against
}
