import { GitFork, History, Package, RotateCw, Trash2 } from 'lucide-react'
import { memo, useEffect, useMemo, useState } from 'react'
import { lossNames } from '../../protocol/losses.ts'
import type { RunInfo } from '../../protocol/workbench.ts'
import { openDialog } from '../app/dialog-store.ts'
import { runsStore, useRuns } from '../state/index.ts'
import { IconButton } from '../ui/Button.tsx'
import { ago, duration, steady } from '../ui/format.ts'
import { Empty, Key } from './Empty.tsx'
import { ForkLine } from './ForkLine.tsx'
import styles from './RunsTab.module.css'
import { headline, shortWords } from './report-model.ts'
import { StateChip } from './StateChip.tsx'

/** What waits for its turn, what runs, and what ran, of this document first. */
export function RunsTab() {
  const infos = useRuns(state => state.infos)
  const history = useRuns(state => state.history)
  const shown = useRuns(state => state.shown)
  const now = useNow()
  const runs = useMemo(() => {
    const known = new Set(history.map(info => info.id))
    // Of other files, what still takes up the engine.
    const elsewhere = infos.filter(info => !known.has(info.id) && info.endedAt === null)
    return [...elsewhere, ...history]
  }, [infos, history])
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
        {runs.map(info => (
          <Row
            key={info.id}
            info={info}
            isShown={info.id === shown}
            now={info.endedAt === null ? now : coarse(now)}
          />
        ))}
      </tbody>
    </table>
  )
}

interface RowProps {
  readonly info: RunInfo
  readonly isShown: boolean
  readonly now: number
}

const Row = memo(function Row({ info, isShown, now }: RowProps) {
  const { show, goOn, remove } = runsStore.getState()
  const from = info.startedAt ?? info.queuedAt
  const took = info.startedAt === null ? '' : duration(((info.endedAt ?? now) - info.startedAt) / 1000)
  // One that waits since before a restart goes on at a word.
  const canGoOn =
    info.held || (info.resumable && ['stopped', 'interrupted', 'failed', 'cancelled'].includes(info.state))
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
        {info.failure && <span className={styles.failure}>{info.failure.message}</span>}
      </td>
      <td className={styles.quiet} title={new Date(from).toLocaleString()}>
        {info.state === 'waiting' ? (info.held ? 'held in the queue' : 'in the queue') : ago(from, now)}
      </td>
      <td className={styles.number}>{took}</td>
      <td className={styles.number}>
        <LastLoss run={info.id} />
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
        {canGoOn && (
          <IconButton
            small
            label={info.held ? 'Let it run' : 'Continue from its newest checkpoint'}
            icon={<RotateCw size={14} />}
            onClick={() => void goOn(info.id)}
          />
        )}
        {info.state === 'waiting' && (
          <IconButton
            small
            label="Take out of the queue"
            icon={<Trash2 size={14} />}
            onClick={() => void remove(info.id)}
          />
        )}
        {info.folder !== null && info.startedAt !== null && (
          <IconButton
            small
            label="Fork: another run begins with a step of this one"
            icon={<GitFork size={14} />}
            onClick={() => {
              show(info.id)
              openDialog({ kind: 'fork', run: info.id })
            }}
          />
        )}
        {info.folder !== null && info.endedAt !== null && (
          <IconButton
            small
            label="Export a bundle: the graph with these results"
            icon={<Package size={14} />}
            onClick={() => openDialog({ kind: 'bundle', run: info.id })}
          />
        )}
      </td>
    </tr>
  )
})

/** Of runs that this window has looked at. */
function LastLoss({ run }: { readonly run: string }) {
  return useRuns(state => {
    const train = [...(state.views.get(run)?.trains.values() ?? [])].at(-1)
    const series = train?.series.get(lossNames(train.series.keys())[0] ?? 'train/loss')
    return series?.length ? steady(series.values[series.length - 1]!) : '–'
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
