import type { Report, ReportMatrix, ReportTable, Verdict } from '../../graph/host.ts'
import { metricRows } from '../../graph/report-metrics.ts'
import { measured } from './format.ts'
import type { Style } from './style.ts'
import { type Align, table } from './table.ts'
import { displayWidth } from './text.ts'

const TABLE_ROWS = 20

/** A report as aligned lines; what doesn't fit the width is only named. */
export function reportLines(node: string, report: Report, width: number, style: Style): string[] {
  return [
    style.bold(node),
    ...(report.warnings ?? []).map(w => `  ${style.yellow('!')} ${w}`),
    ...(report.verdict ? verdictLines(report.verdict, style) : metricLines(report)),
    ...(report.matrices ?? []).flatMap(m => matrixLines(m, width)),
    ...(report.tables ?? []).flatMap(t => tableLines(t, width)),
  ]
}

/** Whether the claim holds, the claim, and the numbers. */
function verdictLines({ met, claim, sentence }: Verdict, style: Style): string[] {
  const badge = met ? style.green(`${style.tick} met`) : style.red(`${style.cross} not met`)
  return [`  ${badge}${claim ? `: ${claim}` : ''}`, `    ${sentence}`]
}

/** metric, value, ± standard error, and chance with how many times chance the value is. */
function metricLines(report: Report): string[] {
  const text = (x: number | undefined) => (x === undefined ? '' : measured(x))
  const rows = metricRows(report).map(({ name, value, error, chance, times }) => [
    name,
    measured(value),
    text(error),
    text(chance),
    times === undefined ? '' : times.toFixed(1),
  ])
  const header = ['metric', 'value', '± s.e.', 'chance', '× chance']
  const used = header.map((_, c) => c < 2 || rows.some(row => row[c]))
  const align: Align[] = ['left', 'right', 'right', 'right', 'right']
  const keep = <T>(cells: readonly T[]): T[] => cells.filter((_, c) => used[c])
  return table([keep(header), ...rows.map(keep)], keep(align), '  ')
}

/** A heat map's columns have their names; those of a confusion matrix are numbered as the rows are, so that many fit. */
function matrixLines(m: ReportMatrix, width: number): string[] {
  if (m.axes) {
    const [first, ...others] = [`${m.axes.rows} \\ ${m.axes.columns}`, ...m.columnLabels]
    const rows = m.rowLabels.map((label, r) => [label, ...(m.values[r] ?? [])])
    return tableLines({ title: m.title, columns: [first!, ...others], rows }, width)
  }
  const title = `  ${m.title} (rows: true, columns: predicted)`
  const header = ['', '', ...m.columnLabels.map((_, c) => String(c + 1))]
  const rows = m.rowLabels.map((label, r) => [
    String(r + 1),
    label,
    ...(m.values[r] ?? []).map(v => (v === 0 ? '·' : measured(v))),
  ])
  const align: Align[] = ['right', 'left', ...m.columnLabels.map(() => 'right' as const)]
  const lines = table([header, ...rows], align, '  ')
  if (lines.some(line => displayWidth(line) > width))
    return ['', `  ${m.title}: ${m.rowLabels.length} × ${m.columnLabels.length}, in the run’s folder`]
  return ['', title, ...lines]
}

function tableLines(t: ReportTable, width: number): string[] {
  const text = (cell: string | number) => (typeof cell === 'number' ? measured(cell) : cell)
  const align = t.columns.map(
    (_, c): Align => (t.rows.every(r => typeof r[c] === 'number') ? 'right' : 'left'),
  )
  const lines = table([t.columns, ...t.rows.map(r => r.map(text))], align, '  ')
  if (t.rows.length > TABLE_ROWS || lines.some(line => displayWidth(line) > width))
    return ['', `  ${t.title}: ${t.rows.length} rows, in the run’s folder`]
  return ['', `  ${t.title}`, ...lines]
}
