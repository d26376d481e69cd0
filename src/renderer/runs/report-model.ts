import type { Report, ReportMatrix, ReportTable } from '../../graph/host.ts'
import { type MetricRow, metricRows } from '../../graph/report-metrics.ts'
import { percent, short, whole } from '../ui/format.ts'

/** A metric as a report shows it. */
export interface MetricView extends MetricRow {
  readonly label: string
  readonly shown: string
  readonly shownError?: string
  readonly shownChance?: string
  readonly shownTimes?: string
  /** More than two standard errors above what chance would give. */
  readonly beatsChance: boolean
  /** 0–1 for a share, so that it can be drawn as a bar. */
  readonly share?: number
}

/** The metrics of a report in words; `n` and other counts are left to `reportFacts`. */
export const reportRows = (report: Report): MetricView[] => metricRows(report).filter(isScore).map(view)

/** `n 148 · classes 9`: what a report counts. */
export const reportFacts = (report: Report): { readonly label: string; readonly value: string }[] =>
  metricRows(report)
    .filter(row => !isScore(row))
    .map(({ name, value }) => ({ label: name === 'n' ? 'rows' : words(name), value: whole(value) }))

/** The few scores that a card shows: those with a standard error; of several k of one score, the smallest. */
export function headline(report: Report, most = 3): MetricView[] {
  const rows = reportRows(report)
  const scores = rows.filter(row => row.error !== undefined)
  const kOf = (name: string) => Number(/@(\d+)$/.exec(name)?.[1] ?? 0)
  const least = Math.min(...scores.map(row => kOf(row.name)))
  const first = scores.filter(row => kOf(row.name) === least)
  return [...first, ...scores.filter(row => !first.includes(row)), ...rows.filter(r => !scores.includes(r))]
    .slice(0, Math.max(first.length, 1))
    .slice(0, most)
}

/** What counts rather than measures: whole numbers without a standard error, other than a rank. */
const isScore = (row: MetricRow): boolean =>
  row.error !== undefined || !Number.isInteger(row.value) || /rank/.test(row.name)

function view(row: MetricRow): MetricView {
  // A proportion has a chance and a standard error, and lies between 0 and 1.
  const isShare = row.chance !== undefined && row.chance <= 1 && row.value >= 0 && row.value <= 1
  const text = (x: number) => (isShare ? percent(x) : short(x))
  return {
    ...row,
    label: words(row.name),
    shown: text(row.value),
    shownError:
      row.error === undefined ? undefined : isShare ? (row.error * 100).toFixed(1) : short(row.error),
    shownChance: row.chance === undefined ? undefined : text(row.chance),
    beatsChance: row.chance !== undefined && row.value - 2 * (row.error ?? 0) > row.chance,
    shownTimes: row.times === undefined ? undefined : times(row.times),
    share: isShare ? row.value : undefined,
  }
}

/** `3.4×`, `19×`. */
const times = (x: number): string => `${x < 10 ? x.toFixed(1) : Math.round(x)}×`

/** `image_to_text_recall@1` is `Image → text recall@1`. */
export function words(name: string): string {
  const text = name
    .replace(/_to_/g, ' → ')
    .replace(/_/g, ' ')
    .replace(/\btop(\d+)\b/g, 'top-$1 accuracy')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const MORE_WORDS: Readonly<Record<string, string>> = {
  image_to_text: 'I → T',
  text_to_image: 'T → I',
}

/** The same, short enough for a card, as papers have it: `I → T R@1`. */
export function shortWords(name: string): string {
  const direction = Object.keys(MORE_WORDS).find(key => name.startsWith(`${key}_`))
  return direction
    ? `${MORE_WORDS[direction]} ${name
        .slice(direction.length + 1)
        .replace(/_/g, ' ')
        .replace('recall@', 'R@')}`
    : words(name)
}

/** Each row of counts as shares of the row; an empty row stays 0. */
export const rowShares = (matrix: ReportMatrix): number[][] =>
  matrix.values.map(row => {
    const sum = row.reduce((a, b) => a + Math.max(0, b), 0)
    return row.map(v => (sum > 0 ? Math.max(0, v) / sum : 0))
  })

/** The rows are counts of true and predicted classes, so shares of them mean something. */
export const hasClasses = (matrix: ReportMatrix): boolean =>
  !matrix.axes && matrix.values.every(row => row.every(v => Number.isInteger(v) && v >= 0))

/** The metrics as CSV, numbers in full. */
export const metricsCsv = (report: Report): string =>
  csv([
    ['metric', 'value', 'standard_error', 'chance'],
    ...metricRows(report).map(r => [r.name, r.value, r.error ?? '', r.chance ?? '']),
  ])

export const matrixCsv = (m: ReportMatrix): string =>
  csv([['', ...m.columnLabels], ...m.rowLabels.map((label, r) => [label, ...(m.values[r] ?? [])])])

export const tableCsv = (t: ReportTable): string => csv([t.columns, ...t.rows])

/** RFC 4180: quotes where a cell needs them. A text that a spreadsheet would run as a formula gets an apostrophe. */
function csv(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => {
    if (typeof value === 'number') return String(value)
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return `${rows.map(row => row.map(cell).join(',')).join('\r\n')}\r\n`
}
