import type { DatasetValue, Report, ReportMatrix } from '../../graph/host.ts'
import { auroc } from './auroc.ts'
import { type Figure, itemsOf } from './figures.ts'
import type { Kind } from './kinds.ts'
import { mean, meanError } from './statistics.ts'
import type { Judged } from './threshold.ts'

/** What came of all statements, with the pictures or without. */
interface Look {
  readonly seen: readonly Judged[]
  readonly thresholds: readonly number[]
  readonly right: readonly boolean[]
}

export interface StatementResults {
  readonly dataset: Pick<DatasetValue, 'hash'>
  /** The places of the rows that have a label; everything else is in their order. */
  readonly rows: readonly number[]
  readonly texts: readonly string[]
  /** By all rows of the dataset. */
  readonly kinds: readonly Kind[]
  readonly sighted: Look
  readonly blind?: Look
  /** Rows left out for want of a label. */
  readonly unlabelled: number
}

/** Bars of the histogram of scores. */
const BINS = 12
/** A larger share of ties is told. */
const TELLING = 0.05

export function statementsReport(results: StatementResults): Report {
  const { dataset, rows, texts, sighted, blind, unlabelled } = results
  const { seen } = sighted
  const metrics: Record<string, number> = {}
  const standardErrors: Record<string, number> = {}
  const figures: Figure[] = []
  const score = (name: string, values: readonly number[], places: readonly number[]): number => {
    metrics[name] = mean(values)
    standardErrors[name] = meanError(values)
    figures.push({ name, values, rows: places })
    return metrics[name]!
  }
  const placeOf = new Map(rows.map((row, i) => [row, i]))
  const byKind = results.kinds.flatMap(({ name, suffix, rows: own }) => {
    const at = own.flatMap(row => placeOf.get(row) ?? [])
    if (at.length === 0) return []
    const places = at.map(i => rows[i]!)
    const majority = majorityOf(at.map(i => seen[i]!.truth))
    const accuracy = score(
      `accuracy${suffix}`,
      at.map(i => Number(sighted.right[i])),
      places,
    )
    if (blind)
      score(
        `blind_accuracy${suffix}`,
        at.map(i => Number(blind.right[i])),
        places,
      )
    const chance = score(
      `majority${suffix}`,
      at.map(i => Number(seen[i]!.truth === majority)),
      places,
    )
    metrics[`chance_accuracy${suffix}`] = chance
    return [
      { name, suffix, n: at.length, accuracy, chance, trues: mean(at.map(i => Number(seen[i]!.truth))) },
    ]
  })
  const area = auroc(seen)
  for (const [name, found] of Object.entries({ auroc: area, blind_auroc: blind && auroc(blind.seen) })) {
    if (!found) continue
    metrics[name] = found.value
    if (Number.isFinite(found.error)) standardErrors[name] = found.error
  }
  if (area) metrics.chance_auroc = 0.5
  const consistency = consistencyOf(texts, sighted.right, seen)
  if (consistency) {
    metrics.consistency = mean(consistency.right)
    standardErrors.consistency = meanError(consistency.right)
    metrics.chance_consistency = mean(consistency.constant)
  }
  const [threshold, ...others] = new Set(sighted.thresholds)
  if (others.length === 0 && Number.isFinite(threshold)) metrics.threshold = threshold!
  const nans = seen.filter(j => Number.isNaN(j.score)).length
  const tied = area?.tied ?? 0
  const errors = standardErrors
  return {
    metrics: { ...metrics, tied_pairs: tied, nan: nans, n: seen.length, ...(unlabelled && { unlabelled }) },
    standardErrors,
    ...itemsOf(dataset, figures),
    warnings: warningsOf(tied, nans, seen.length, metrics),
    matrices: [
      {
        title: 'Accuracy by kind',
        axes: { rows: 'kind', columns: 'measure' },
        rowLabels: byKind.map(k => k.name),
        columnLabels: ['accuracy', ...(blind ? ['blind'] : []), 'majority'],
        values: byKind.map(k => [
          k.accuracy,
          ...(blind ? [metrics[`blind_accuracy${k.suffix}`]!] : []),
          k.chance,
        ]),
      },
      saidMatrix(sighted),
      ...histogram(seen),
    ],
    tables: [
      {
        title: 'By kind',
        columns: ['kind', 'n', 'true', 'accuracy', '± s.e.', ...(blind ? ['blind'] : []), 'majority'],
        rows: byKind.map(k => [
          k.name,
          k.n,
          k.trues,
          k.accuracy,
          errors[`accuracy${k.suffix}`]!,
          ...(blind ? [metrics[`blind_accuracy${k.suffix}`]!] : []),
          k.chance,
        ]),
      },
    ],
  }
}

/** The more frequent answer; true where both are as frequent. */
const majorityOf = (truths: readonly boolean[]): boolean => 2 * truths.filter(Boolean).length >= truths.length

/**
 * Of each statement that is shown with several pictures, or once: whether it was judged right in all its rows, and
 * whether the more frequent answer of all rows would have been. Undefined where each comes once only.
 */
function consistencyOf(
  texts: readonly string[],
  right: readonly boolean[],
  seen: readonly Judged[],
): { readonly right: number[]; readonly constant: number[] } | undefined {
  const groups = new Map<string, number[]>()
  texts.forEach((text, i) => {
    const group = groups.get(text)
    if (group) group.push(i)
    else groups.set(text, [i])
  })
  if (groups.size === texts.length) return undefined
  const majority = majorityOf(seen.map(j => j.truth))
  const all = [...groups.values()]
  return {
    right: all.map(group => Number(group.every(i => right[i]))),
    constant: all.map(group => Number(group.every(i => seen[i]!.truth === majority))),
  }
}

/** What true and false statements were taken for; a NaN for the wrong one. */
function saidMatrix({ seen, right }: Look): ReportMatrix {
  const count = (truth: boolean, said: boolean) =>
    seen.filter((j, i) => j.truth === truth && right[i] === (truth === said)).length
  return {
    title: 'True and false',
    rowLabels: ['true', 'false'],
    columnLabels: ['true', 'false'],
    values: [true, false].map(truth => [count(truth, true), count(truth, false)]),
  }
}

/** How the scores of true and of false statements lie, in bins of one width; infinite ones are in the last. */
function histogram(seen: readonly Judged[]): ReportMatrix[] {
  const finite = seen.map(j => j.score).filter(Number.isFinite)
  if (finite.length === 0) return []
  const [low, high] = finite.reduce(([a, b], s) => [Math.min(a, s), Math.max(b, s)] as const, [
    finite[0]!,
    finite[0]!,
  ] as const)
  const bins = low === high ? 1 : BINS
  const width = (high - low) / bins
  const binOf = (s: number) =>
    bins === 1 ? 0 : Math.max(0, Math.min(bins - 1, Math.floor((s - low) / width)))
  const counts = [true, false].map(truth => {
    const row = new Array<number>(bins).fill(0)
    for (const j of seen) if (j.truth === truth && !Number.isNaN(j.score)) row[binOf(j.score)]!++
    return row
  })
  return [
    {
      title: 'Scores of true and of false statements',
      axes: { rows: 'the statement is', columns: 'score from' },
      rowLabels: ['true', 'false'],
      columnLabels: Array.from({ length: bins }, (_, b) => String(Number((low + b * width).toPrecision(3)))),
      values: counts,
    },
  ]
}

function warningsOf(
  tied: number,
  nans: number,
  n: number,
  metrics: Readonly<Record<string, number>>,
): string[] {
  const warnings: string[] = []
  if (!('auroc' in metrics))
    warnings.push(`All ${n} statements have the same label: accuracy says nothing, and there is no AUROC.`)
  if (tied > TELLING)
    warnings.push(
      `${Math.round(100 * tied)} % of the pairs of a true and a false statement have the same score: a collapsed model, or statements that differ only after their last token.`,
    )
  if (nans) warnings.push(`${nans} of ${n} statements have a score that is NaN; they count as wrong.`)
  return warnings
}
