import { BadgeInfo, ChartNoAxesColumn, ClipboardCopy, LocateFixed, TriangleAlert } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { Report, ReportTable } from '../../graph/host.ts'
import type { Attribution } from '../../graph/schema.ts'
import { registry } from '../../nodes/index.ts'
import { revealFromTop } from '../canvas/actions.ts'
import { sessionStore, shownRun, useDocument, useRuns } from '../state/index.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import { short } from '../ui/format.ts'
import { Pills } from '../ui/Pills.tsx'
import { Empty, Key } from './Empty.tsx'
import { Gallery } from './Gallery.tsx'
import { Matrix } from './Matrix.tsx'
import { MetricTable } from './MetricTable.tsx'
import styles from './ReportsTab.module.css'
import { matrixCsv, metricsCsv, tableCsv } from './report-model.ts'
import { VerdictView } from './VerdictView.tsx'

/** What the evaluators found, one at a time; an evaluator that is selected in the graph shows its own. */
export function ReportsTab() {
  const run = useRuns(state => state.shown)
  const reports = useRuns(state => shownRun(state)?.reports)
  const foreign = useRuns(state => shownRun(state)?.foreign ?? false)
  const nodes = useDocument(state => state.document.nodes)
  const selected = useDocument(state => state.selection.nodes[0])
  const [picked, setPicked] = useState<{ readonly id: string; readonly selected: string | undefined }>()
  if (run === null || !reports || reports.size === 0)
    return (
      <Empty icon={ChartNoAxesColumn} title="Run the graph to see its reports here">
        Press Run or <Key>Ctrl</Key> <Key>Enter</Key>. Each evaluator reports when its weights are trained.
      </Empty>
    )
  const ids = [...reports.keys()]
  // A pick holds until another node is selected.
  const pick = picked && picked.selected === selected && reports.has(picked.id) ? picked.id : undefined
  const id = pick ?? (selected !== undefined && reports.has(selected) ? selected : ids[0]!)
  const report = reports.get(id)!
  const typeOf = (node: string) => nodes[node]?.type
  // Several of one type are told apart by their ids.
  const titleOf = (node: string) => {
    const alone = ids.every(other => other === node || typeOf(other) !== typeOf(node))
    return nodes[node]?.title ?? ((alone && registry.get(typeOf(node) ?? '')?.title) || node)
  }
  return (
    <div className={styles.reports}>
      <div className={styles.tools}>
        <Pills
          label="Evaluator"
          options={ids.map(key => ({ key, text: titleOf(key) }))}
          value={id}
          onChange={node => setPicked({ id: node, selected })}
        />
        <IconButton
          small
          label="Show the node"
          icon={<LocateFixed size={14} />}
          onClick={() => revealFromTop(id)}
        />
        <span className={styles.grow} />
        <CopyButton what="metrics as CSV" text={() => metricsCsv(report)} label="CSV" />
        <CopyButton what="report as JSON" text={() => JSON.stringify(report, null, 2)} label="JSON" />
      </div>
      {foreign && (
        <p className={styles.foreign}>
          <BadgeInfo size={15} aria-hidden="true" />
          These results came with the bundle. They are from the author, not verified: run the graph to check
          them.
        </p>
      )}
      <Body run={run} report={report} />
    </div>
  )
}

function Body({ run, report }: { readonly run: string; readonly report: Report }) {
  return (
    <div className={styles.body}>
      {report.verdict && (
        <Card title="Verdict" wide>
          <VerdictView verdict={report.verdict} />
        </Card>
      )}
      <Card title="Metrics">
        {report.warnings?.map(warning => (
          <p key={warning} className={styles.warning}>
            <TriangleAlert size={15} aria-hidden="true" />
            {warning}
          </p>
        ))}
        <MetricTable report={report} />
      </Card>
      {report.matrices?.map(matrix => (
        <Card
          key={matrix.title}
          title={matrix.title}
          grows
          action={<CopyButton what={`${matrix.title} as CSV`} text={() => matrixCsv(matrix)} label="CSV" />}
        >
          <Matrix matrix={matrix} />
        </Card>
      ))}
      {report.galleries?.map(gallery => (
        <Card key={gallery.title} title={gallery.title} wide credits={report.attribution}>
          <Gallery run={run} gallery={gallery} />
        </Card>
      ))}
      {report.tables?.map(table => (
        <Card
          key={table.title}
          title={table.title}
          action={<CopyButton what={`${table.title} as CSV`} text={() => tableCsv(table)} label="CSV" />}
        >
          <Table table={table} />
        </Card>
      ))}
      {!report.galleries?.length && report.attribution && <Credits of={report.attribution} />}
    </div>
  )
}

interface CardProps {
  readonly title: string
  readonly wide?: boolean
  readonly grows?: boolean
  readonly action?: ReactNode
  readonly credits?: readonly Attribution[]
  readonly children: ReactNode
}

function Card({ title, wide, grows, action, credits, children }: CardProps) {
  return (
    <section className={styles.card} data-wide={wide || undefined} data-grows={grows || undefined}>
      <header className={styles.cardHead}>
        <h3>{title}</h3>
        {action}
      </header>
      {children}
      {credits && <Credits of={credits} />}
    </section>
  )
}

/** Whose pictures and words these are. */
function Credits({ of }: { readonly of: readonly Attribution[] }) {
  return (
    <p className={styles.credits}>
      {of.map(({ name, by, licence }) => `${name}: ${by}, ${licence}`).join('  ·  ')}
    </p>
  )
}

function Table({ table }: { readonly table: ReportTable }) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          {table.columns.map(column => (
            <th key={column}>{column}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, r) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name than their place
          <tr key={r}>
            {row.map((cell, c) => (
              <td key={table.columns[c]} data-number={typeof cell === 'number' || undefined}>
                {typeof cell === 'number' ? short(cell) : cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface CopyProps {
  readonly what: string
  readonly label: string
  readonly text: () => string
}

function CopyButton({ what, label, text }: CopyProps) {
  const copy = async () => {
    const { notify } = sessionStore.getState()
    try {
      await navigator.clipboard.writeText(text())
      notify(`Copied the ${what}`, 'good')
    } catch {
      notify('The clipboard is not available here', 'bad')
    }
  }
  return (
    <Button
      small
      kind="quiet"
      icon={<ClipboardCopy size={13} />}
      hint={`Copy the ${what}`}
      onClick={() => void copy()}
    >
      {label}
    </Button>
  )
}
