import { History } from 'lucide-react'
import { memo, useEffect, useMemo, useState } from 'react'
import { lossNames } from '../../protocol/losses.ts'
import type { RunInfo } from '../../protocol/workbench.ts'
import { runsStore, useRuns } from '../state/index.ts'
import { isLive } from '../state/run-reducer.ts'
import { ago, duration, steady } from '../ui/format.ts'
import { Empty, Key } from './Empty.tsx'
import { ForkLine } from './ForkLine.tsx'
import { RunActions } from './RunActions.tsx'
import styles from './RunsTab.module.css'
import { headline, shortWords } from './report-model.ts'
import { type RunRow, runRows, turnText } from './run-rows.ts'
import { StateChip } from './StateChip.tsx'

/** What waits for its turn, what runs, and what ran, of this document first. */
export function RunsTab() {
  const infos = useRuns(state => state.infos)
  const history = useRuns(state => state.history)
  const shown = useRuns(state => state.shown)
  const now = useNow()
  const queue = useRuns(state => state.queue)
  const runs = useMemo(() => runRows(infos, history, queue), [infos, history, queue])
  if (runs.length === 0)
    return (
      <Empty icon={History} title="No runs yet">
        Press Run or <Key>Ctrl</Key> <Key>Enter</Key>. Every run is kept here with its results.
      </Empty>
    )
  return (
    <table className={styles.runs}>
      <thead>
        <tr>
          <th>State</th>
          <th>Run</th>
          <th>Started</th>
          <th className={styles.number}>Took</th>
          <th className={styles.number}>Loss</th>
          <th className={styles.results}>Results</th>
          <th className={styles.folder}>Folder</th>
          <th>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map(({ info, turn }) => (
          <Row
            key={info.id}
            info={info}
            turn={turn}
            isShown={info.id === shown}
            now={isLive(info) ? now : coarse(now)}
          />
        ))}
      </tbody>
    </table>
  )
}

interface RowProps extends RunRow {
  readonly isShown: boolean
  readonly now: number
}

const Row = memo(function Row({ info, turn, isShown, now }: RowProps) {
  const { show } = runsStore.getState()
  const from = info.startedAt ?? info.queuedAt
  const to = info.endedAt ?? (isLive(info) ? now : null)
  const took = info.startedAt === null || to === null ? '' : duration((to - info.startedAt) / 1000)
  return (
    <tr data-shown={isShown || undefined} aria-selected={isShown}>
      <td>
        <StateChip state={info.state} />
      </td>
      <td className={styles.title}>
        <button type="button" title={isShown ? 'Shown' : 'Show this run'} onClick={() => show(info.id)}>
          {info.title}
        </button>
        {info.fork && <ForkLine fork={info.fork} />}
        {info.failure && (
          <span className={styles.failure} title={info.failure.message}>
            {info.failure.message}
          </span>
        )}
      </td>
      <td className={styles.quiet} title={new Date(from).toLocaleString()}>
        {turn === null ? ago(from, now) : info.held ? 'held in the queue' : turnText(turn)}
      </td>
      <td className={styles.number}>{took}</td>
      <td className={styles.number}>
        <LastLoss run={info.id} known={info.loss} />
      </td>
      <td className={styles.results}>
        {resultsOf(info).map(text => (
          <span key={text}>{text}</span>
        ))}
      </td>
      <td className={styles.folder}>
        <code title={info.folder ?? ''}>{info.folder?.split(/[\\/]/).at(-1)}</code>
      </td>
      <td className={styles.actions}>
        <RunActions info={info} turn={turn} />
      </td>
    </tr>
  )
})

/** As this window has seen it, or as the host has found it in the run's folder. */
function LastLoss({ run, known }: { readonly run: string; readonly known: number | null | undefined }) {
  return useRuns(state => {
    const train = [...(state.views.get(run)?.trains.values() ?? [])].at(-1)
    const series = train?.series.get(lossNames(train.series.keys())[0] ?? 'train/loss')
    if (series?.length) return steady(series.values[series.length - 1]!)
    return known === undefined ? '–' : steady(known ?? Number.NaN)
  })
}

/** `T → I recall@1 7.4 %`, `Top-1 accuracy 37.8 %`: the first score of each report. */
const resultsOf = (info: RunInfo): string[] =>
  Object.values(info.reports)
    .flatMap(report => headline(report, 1))
    .map(row => `${shortWords(row.name)} ${row.shown}`)

/** Times of finished runs need not tick every second. */
const coarse = (now: number): number => Math.floor(now / 30_000) * 30_000

function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}
