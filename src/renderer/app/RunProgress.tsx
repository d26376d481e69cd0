import { shownRun, useDocument, useRuns } from '../state/index.ts'
import { Progress } from '../ui/Progress.tsx'
import styles from './RunProgress.module.css'
import { statusOf } from './run-status.ts'

/** How far the run is, along the bottom of the bar. */
export function RunProgress() {
  const run = useRuns(shownRun)
  const document = useDocument(s => s.document)
  if (!run) return null
  const { fraction, detail } = statusOf(run, document)
  if (fraction === null) return null
  return <Progress label={detail} value={fraction} className={styles.progress} />
}
