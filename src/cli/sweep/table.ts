import { mean } from '../../nodes/evaluation/statistics.ts'
import type { Override } from '../overrides.ts'
import { type Align, table } from '../render/table.ts'
import { showPoint } from './space.ts'

/** The scores of one arm: `retrieval.image_to_text_recall@1` and its like, by evaluator and metric. */
export type Scores = Readonly<Record<string, number>>

export interface PointResult {
  readonly point: readonly Override[]
  /** One for each seed that ran. */
  readonly scores: readonly Scores[]
  /** Why seeds failed. */
  readonly failures: readonly string[]
}

/** More columns than this no terminal shows. */
const MOST_COLUMNS = 6

/**
 * The metrics that a table shows: those asked for, else the first that differ between the points and are no counts
 * or chance levels. Throws nothing: a metric that no arm has is simply empty.
 */
export function columnsOf(results: readonly PointResult[], asked: readonly string[]): string[] {
  if (asked.length > 0) return [...asked]
  const all = new Set(results.flatMap(r => r.scores.flatMap(s => Object.keys(s))))
  const informative = [...all].filter(name => !/(^|\.)(n|chance.*|ties)$/.test(name))
  return informative.slice(0, MOST_COLUMNS)
}

/** Mean and, over several seeds, the standard deviation of a metric. */
export function summarise(values: readonly number[]): { readonly mean: number; readonly sd?: number } {
  const middle = mean(values)
  if (values.length < 2) return { mean: middle }
  const squares = values.reduce((sum, v) => sum + (v - middle) ** 2, 0)
  return { mean: middle, sd: Math.sqrt(squares / (values.length - 1)) }
}

/** One line a point: mean ± standard deviation of each metric over its seeds. */
export function sweepTable(results: readonly PointResult[], asked: readonly string[]): string[] {
  const columns = columnsOf(results, asked)
  const head = ['', ...columns.map(c => c.replace(/^[^.]*\./, ''))]
  const rows = results.map(r => [
    showPoint(r.point) || 'as it is',
    ...columns.map(c => cell(r.scores.flatMap(s => s[c] ?? []))),
    ...(r.failures.length > 0 ? [`${r.failures.length} failed`] : []),
  ])
  return table([head, ...rows], ['left', ...columns.map((): Align => 'right')])
}

function cell(values: readonly number[]): string {
  if (values.length === 0) return '–'
  const { mean: middle, sd } = summarise(values)
  const shown = Math.abs(middle) >= 100 ? middle.toFixed(1) : middle.toFixed(4)
  return sd === undefined ? shown : `${shown} ± ${sd.toFixed(4)}`
}
