import { useId } from 'react'
import { shownRun, useRuns, useWatches } from '../state/index.ts'
import { Tabs } from '../ui/Tabs.tsx'
import { ChartsTab } from './ChartsTab.tsx'
import { FailureLine } from './FailureLine.tsx'
import { LiveTab } from './LiveTab.tsx'
import { LogTab } from './LogTab.tsx'
import { PlanTab } from './PlanTab.tsx'
import { type Page, useRunPage } from './page-store.ts'
import { ReportsTab } from './ReportsTab.tsx'
import { RunLine } from './RunLine.tsx'
import styles from './RunPanel.module.css'
import { RunsTab } from './RunsTab.tsx'
import { StepBar } from './StepBar.tsx'
import { WeightsTab } from './WeightsTab.tsx'
import { WatchTab } from './watch/WatchTab.tsx'

const PAGES: Readonly<Record<Page, () => React.ReactNode>> = {
  charts: () => <ChartsTab />,
  live: () => <LiveTab />,
  weights: () => <WeightsTab />,
  reports: () => <ReportsTab />,
  watch: () => <WatchTab />,
  plan: () => <PlanTab />,
  log: () => <LogTab />,
  runs: () => <RunsTab />,
}

/** What the run is doing and what came of it. */
export function RunPanel() {
  const page = useRunPage(state => state.page)
  const watches = useWatches(state => state.list.length)
  const id = useId()
  const reports = useRuns(state => shownRun(state)?.reports.size ?? 0)
  const warnings = useRuns(
    state => shownRun(state)?.log.reduce((n, line) => n + Number(line.level === 'warning'), 0) ?? 0,
  )
  const edits = useRuns(state => shownRun(state)?.edits.length ?? 0)
  const still = useRuns(state => shownRun(state)?.weights?.norms.filter(w => w.gradient === 0).length ?? 0)
  const waiting = useRuns(state => state.infos.filter(info => info.state === 'waiting').length)
  return (
    <section className={styles.panel} aria-label="Run">
      <div className={styles.bar}>
        <Tabs
          id={id}
          label="Run"
          value={page}
          onChange={next => useRunPage.setState({ page: next })}
          tabs={[
            { key: 'charts', text: 'Charts' },
            { key: 'live', text: 'Live', count: edits },
            { key: 'weights', text: 'Weights', count: still },
            { key: 'reports', text: 'Reports', count: reports },
            { key: 'watch', text: 'Watch', count: watches },
            { key: 'plan', text: 'Plan' },
            { key: 'log', text: 'Log', count: warnings },
            { key: 'runs', text: 'Runs', count: waiting },
          ]}
        />
        <RunLine />
      </div>
      <FailureLine />
      <StepBar />
      <div
        id={`${id}-panel-${page}`}
        className={styles.page}
        role="tabpanel"
        aria-labelledby={`${id}-tab-${page}`}
      >
        {PAGES[page]()}
      </div>
    </section>
  )
}
