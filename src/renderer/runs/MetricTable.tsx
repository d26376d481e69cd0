import { memo } from 'react'
import type { Report } from '../../graph/host.ts'
import styles from './ReportsTab.module.css'
import { reportFacts, reportRows } from './report-model.ts'

/** The scores of a report: value, standard error, chance, how many times chance. */
export const MetricTable = memo(function MetricTable({ report }: { readonly report: Report }) {
  const rows = reportRows(report)
  const facts = reportFacts(report)
  const hasChance = rows.some(row => row.shownChance)
  const hasError = rows.some(row => row.shownError)
  return (
    <div>
      <table className={styles.metrics}>
        <thead>
          <tr>
            <th>Metric</th>
            <th>Value</th>
            {hasError && <th title="One standard error">± s.e.</th>}
            {hasChance && <th>Chance</th>}
            {hasChance && <th title="The value over what chance would give">× chance</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.name} title={row.name}>
              <th scope="row">{row.label}</th>
              <td className={styles.value}>{row.shown}</td>
              {hasError && <td className={styles.quiet}>{row.shownError && `± ${row.shownError}`}</td>}
              {hasChance && <td className={styles.quiet}>{row.shownChance}</td>}
              {hasChance && (
                <td>
                  {row.shownTimes && (
                    <span
                      className={styles.times}
                      title={
                        row.beatsChance
                          ? 'More than two standard errors above chance'
                          : 'Not clearly above chance'
                      }
                      data-good={row.beatsChance || undefined}
                    >
                      {row.shownTimes}
                    </span>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {facts.length > 0 && (
        <p className={styles.facts}>
          {facts.map(({ label, value }) => (
            <span key={label}>
              {value} {label.toLowerCase()}
            </span>
          ))}
        </p>
      )}
    </div>
  )
})
