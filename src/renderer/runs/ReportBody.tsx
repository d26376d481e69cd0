import { memo } from 'react'
import type { Report, ReportGallery } from '../../graph/host.ts'
import { nodeReport, useRuns } from '../state/index.ts'
import styles from './bodies.module.css'
import { MatrixCanvas } from './MatrixCanvas.tsx'
import { Picture } from './Picture.tsx'
import { headline, type MetricView, shortWords } from './report-model.ts'
import { VerdictView } from './VerdictView.tsx'

/** In the card of an evaluator or a bar: the verdict, or its few most telling numbers, and a glance at its matrix or its pictures. */
export const ReportBody = memo(function ReportBody({ node }: { readonly node: string }) {
  const report = useRuns(nodeReport(node))
  const run = useRuns(state => state.shown)
  if (!report || run === null)
    return (
      <div className={styles.report} data-empty>
        <p className={styles.empty}>Its report appears here after a run</p>
      </div>
    )
  if (report.verdict)
    return (
      <div className={styles.report}>
        <VerdictView verdict={report.verdict} brief />
      </div>
    )
  return (
    <div className={styles.report}>
      <dl className={styles.metrics}>
        {headline(report, 3).map(row => (
          <Metric key={row.name} row={row} />
        ))}
      </dl>
      <Glance run={run} report={report} />
    </div>
  )
})

function Metric({ row }: { readonly row: MetricView }) {
  return (
    <div className={styles.metric}>
      <dt title={row.label}>{shortWords(row.name)}</dt>
      <dd>
        <strong>{row.shown}</strong>
        {row.shownError && <span className={styles.error}>± {row.shownError}</span>}
        {row.shownTimes && (
          <span
            className={styles.times}
            data-good={row.beatsChance || undefined}
            title={`Chance is ${row.shownChance}`}
          >
            {row.shownTimes} chance
          </span>
        )}
      </dd>
    </div>
  )
}

function Glance({ run, report }: { readonly run: string; readonly report: Report }) {
  const [gallery] = report.galleries ?? []
  if (gallery?.items.some(item => item.matches.some(m => m.picture)))
    return <Strip run={run} gallery={gallery} />
  const [matrix] = report.matrices ?? []
  if (!matrix) return null
  return (
    <div className={styles.mini}>
      <MatrixCanvas matrix={matrix} />
    </div>
  )
}

/** The best pictures for the first queries: one row each. */
function Strip({ run, gallery }: { readonly run: string; readonly gallery: ReportGallery }) {
  return (
    <div className={styles.strips}>
      {gallery.items.slice(0, 2).map(item => (
        <div key={item.row} className={styles.stripRow}>
          <span className={styles.query} title={item.label}>
            {item.label.split(',')[0]}
          </span>
          {item.matches.slice(0, 5).map(match => (
            <Picture
              key={match.row}
              run={run}
              name={match.picture}
              label={match.label}
              correct={match.correct}
            />
          ))}
        </div>
      ))}
    </div>
  )
}
