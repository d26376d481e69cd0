import { ScrollText, Search, TriangleAlert } from 'lucide-react'
import { memo, useDeferredValue, useMemo, useState } from 'react'
import { revealFromTop } from '../canvas/actions.ts'
import { shownRun, useRuns } from '../state/index.ts'
import type { LogLine } from '../state/types.ts'
import { plural } from '../ui/format.ts'
import { Empty } from './Empty.tsx'
import styles from './LogTab.module.css'
import tab from './tab.module.css'

/** This many of the newest lines are drawn; a filter looks at all. */
const SHOWN = 500
const NONE: readonly LogLine[] = []

/** What the engine said of the run, newest last. */
export function LogTab() {
  const log = useRuns(state => shownRun(state)?.log) ?? NONE
  const failure = useRuns(state => shownRun(state)?.info.failure) ?? null
  const [text, setText] = useState('')
  const [onlyWarnings, setOnlyWarnings] = useState(false)
  const wanted = useDeferredValue(text.trim().toLowerCase())
  const found = useMemo(
    () =>
      log.filter(
        line =>
          (!onlyWarnings || line.level === 'warning') &&
          (!wanted || `${line.node ?? ''} ${line.message}`.toLowerCase().includes(wanted)),
      ),
    [log, onlyWarnings, wanted],
  )
  const warnings = log.reduce((n, line) => n + Number(line.level === 'warning'), 0)
  if (log.length === 0 && !failure)
    return (
      <Empty icon={ScrollText} title="Nothing was logged">
        Warnings and notes of a run are listed here.
      </Empty>
    )
  return (
    <div className={tab.page}>
      <div className={tab.top}>
        <label className={styles.search}>
          <Search size={13} aria-hidden="true" />
          <input
            value={text}
            placeholder="Filter"
            aria-label="Filter the log"
            onChange={e => setText(e.target.value)}
          />
        </label>
        <label className={tab.check}>
          <input type="checkbox" checked={onlyWarnings} onChange={e => setOnlyWarnings(e.target.checked)} />
          Warnings only
        </label>
        <span className={styles.tally}>
          {plural(log.length, 'line')}, {plural(warnings, 'warning')}
        </span>
      </div>
      {found.length > SHOWN && (
        <p className={styles.earlier}>
          {plural(found.length - SHOWN, 'earlier line')} not drawn: filter to find them.
        </p>
      )}
      <ol className={styles.lines}>
        {found.slice(-SHOWN).map((line, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines only come at the end
          <Line key={i} line={line} />
        ))}
        {failure && <Line line={{ level: 'warning', node: failure.node, message: failure.message }} />}
      </ol>
      {found.length === 0 && log.length > 0 && <p className={styles.earlier}>No line matches.</p>}
    </div>
  )
}

const Line = memo(function Line({ line }: { readonly line: LogLine }) {
  const { level, node, message } = line
  return (
    <li className={styles.line} data-level={level}>
      <span className={styles.sign}>
        {level === 'warning' && <TriangleAlert size={13} aria-label="Warning" />}
      </span>
      {node === undefined ? (
        <span className={styles.node} />
      ) : (
        <button
          type="button"
          className={styles.node}
          title={`Show ${node}`}
          onClick={() => revealFromTop(node)}
        >
          {node}
        </button>
      )}
      <span className={styles.message}>{message}</span>
    </li>
  )
})
