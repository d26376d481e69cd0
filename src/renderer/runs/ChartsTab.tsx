import { ChartLine, Flag, ZoomOut } from 'lucide-react'
import { useMemo, useState, useSyncExternalStore } from 'react'
import { shownRun, useDocument, useRuns } from '../state/index.ts'
import { isLive } from '../state/run-reducer.ts'
import type { RunView, TrainRun } from '../state/types.ts'
import { isChartOfTensor } from '../state/watch-metric.ts'
import { short, steady, whole } from '../ui/format.ts'
import { Pills } from '../ui/Pills.tsx'
import { Chart } from './Chart.tsx'
import styles from './ChartsTab.module.css'
import { useChartSettings } from './chart-settings.ts'
import { ChartGroup } from './chart-source.ts'
import { EditList } from './EditList.tsx'
import { Empty, Key } from './Empty.tsx'
import { ForkLine } from './ForkLine.tsx'
import { useSeries } from './series-source.ts'

interface Look {
  readonly metric: string
  readonly title: string
  readonly unit?: string
  readonly colour: string
  readonly format: (value: number) => string
  readonly fromZero?: boolean
}

/** As exact as the bar above says it. */
const perSecond = (x: number): string => (x >= 10 ? whole(x) : x >= 0.5 ? x.toFixed(1) : short(x))

const LOOKS: readonly Look[] = [
  { metric: 'train/loss', title: 'Loss', colour: '--accent', format: steady },
  {
    metric: 'train/learning_rate',
    title: 'Learning rate',
    colour: '--wire-schedule',
    format: short,
    fromZero: true,
  },
  {
    metric: 'throughput',
    title: 'Throughput',
    unit: 'steps/s',
    colour: '--wire-dataset',
    format: perSecond,
    fromZero: true,
  },
  {
    metric: 'train/grad_norm',
    title: 'Gradient norm',
    colour: '--wire-pairs',
    format: short,
    fromZero: true,
  },
]
/** Drawn where it is known. */
const COMPUTE: Look = {
  metric: 'device/flops_per_sec',
  title: 'Compute',
  unit: 'GFLOP/s',
  colour: '--wire-dataset',
  format: x => perSecond(x / 1e9),
  fromZero: true,
}
/** How the metrics of a training are drawn: those that each has, one for each of several objectives, then others. */
export function looksOf(metrics: readonly string[]): Look[] {
  const known = LOOKS.flatMap(look => {
    const parts = metrics.filter(m => m.startsWith(`${look.metric}/`))
    const titled = (metric: string) => `${look.title}, ${metric.slice(look.metric.length + 1)}`
    return parts.length > 0 ? parts.map(metric => ({ ...look, metric, title: titled(metric) })) : [look]
  })
  const drawn = new Set(known.map(look => look.metric))
  const others = metrics.filter(m => !drawn.has(m) && !isChartOfTensor(m))
  const plain = { colour: '--wire-feat', format: short }
  const named = (metric: string): Look =>
    metric === COMPUTE.metric ? COMPUTE : { metric, title: metric.replace(/^(train|watch)\//, ''), ...plain }
  return [...known, ...others.map(named)]
}

/** Until someone picks, of a run under way the Train that began last, which trains now; of one that is over the first. */
export const chartedTrain = (
  trains: readonly string[],
  picked: string | null,
  isLive: boolean,
): string | undefined => (picked !== null && trains.includes(picked) ? picked : trains.at(isLive ? -1 : 0))

/** Numbers of the training as they come. */
export function ChartsTab() {
  const run = useRuns(state => state.shown)
  // One text, so that it stays the same while steps come.
  const names = useRuns(state => [...(shownRun(state)?.trains.keys() ?? [])].join('\n'))
  const [picked, setPicked] = useState<string | null>(null)
  const trains = names ? names.split('\n') : []
  const live = useRuns(state => isLive(shownRun(state)?.info))
  const node = chartedTrain(trains, picked, live)
  const group = useMemo(() => new ChartGroup(`${run} ${node}`), [run, node])
  if (run === null || node === undefined)
    return (
      <Empty icon={ChartLine} title="Run the graph to see its loss here">
        Press Run or <Key>Ctrl</Key> <Key>Enter</Key>. Loss, learning rate and speed are drawn as it trains.
      </Empty>
    )
  return (
    <div className={styles.charts}>
      <div className={styles.tools}>
        {trains.length > 1 && <Trains ids={trains} active={node} onPick={setPicked} />}
        <Smoothing />
        <LogScale />
        <ResetZoom group={group} />
        <Pointed group={group} />
        <Legend run={run} node={node} />
      </div>
      <Fork run={run} node={node} />
      <EditList train={node} />
      <Grid key={`${run} ${node}`} run={run} node={node} group={group} />
    </div>
  )
}

/** Where the curve before comes from. */
function Fork({ run, node }: { readonly run: string; readonly node: string }) {
  const fork = useRuns(state => state.views.get(run)?.trains.get(node)?.fork)
  return fork ? <ForkLine fork={{ folder: fork.run, train: node, step: fork.step }} /> : null
}

interface TrainsProps {
  readonly ids: readonly string[]
  readonly active: string
  readonly onPick: (id: string) => void
}

function Trains({ ids, active, onPick }: TrainsProps) {
  const nodes = useDocument(state => state.document.nodes)
  const options = ids.map(key => ({ key, text: nodes[key]?.title ?? key }))
  return <Pills label="Training" options={options} value={active} onChange={onPick} />
}

function Smoothing() {
  const { smoothing, setSmoothing } = useChartSettings()
  return (
    <label
      className={styles.tool}
      title="Averages the loss and the gradient norm over steps, as TensorBoard does"
    >
      Smoothing
      <input
        type="range"
        className={styles.slider}
        min={0}
        max={0.99}
        step={0.01}
        value={smoothing}
        onChange={e => setSmoothing(Number(e.target.value))}
      />
      <output className={styles.value}>{smoothing.toFixed(2)}</output>
    </label>
  )
}

function LogScale() {
  const { logLoss, setLogLoss } = useChartSettings()
  return (
    <label className={styles.tool}>
      <input type="checkbox" checked={logLoss} onChange={e => setLogLoss(e.target.checked)} />
      Log scale
    </label>
  )
}

function ResetZoom({ group }: { readonly group: ChartGroup }) {
  const zoom = useSyncExternalStore(group.subscribe, () => group.zoom)
  return (
    <button
      type="button"
      className={styles.toolButton}
      disabled={zoom === null}
      title={zoom ? 'Show all steps · double-click a chart' : 'Drag over a chart to zoom'}
      onClick={() => group.setZoom(null)}
    >
      <ZoomOut size={13} aria-hidden="true" />
      {zoom ? `Steps ${whole(zoom[0])}–${whole(zoom[1])}` : 'All steps'}
    </button>
  )
}

/** The step under the crosshair, which is the same in all charts. */
function Pointed({ group }: { readonly group: ChartGroup }) {
  const step = useSyncExternalStore(group.subscribePointer, () => group.pointed)
  return <span className={styles.pointed}>{step === null ? '' : `step ${whole(step)}`}</span>
}

function Legend({ run, node }: { readonly run: string; readonly node: string }) {
  const some = useRuns(state => (state.views.get(run)?.checkpoints ?? []).some(c => c.node === node))
  const smoothing = useChartSettings(state => state.smoothing)
  return (
    <span className={styles.legend}>
      {smoothing > 0 && (
        <>
          <span className={styles.lineKey} /> smoothed <span className={styles.lineKey} data-faint /> each
          step
        </>
      )}
      {some && (
        <>
          <Flag size={11} aria-hidden="true" /> checkpoint
        </>
      )}
    </span>
  )
}

function Grid({
  run,
  node,
  group,
}: {
  readonly run: string
  readonly node: string
  readonly group: ChartGroup
}) {
  const names = useRuns(state =>
    [...(state.views.get(run)?.trains.get(node)?.series.keys() ?? [])].join('\n'),
  )
  const looks = useMemo(() => looksOf(names ? names.split('\n') : []), [names])
  const checkpoints = useRuns(state => state.views.get(run)?.checkpoints)
  const marks = useMemo(
    // A checkpoint of n steps stands at the last of them, which is number n − 1.
    () => [...new Set((checkpoints ?? []).filter(c => c.node === node).map(c => c.step - 1))],
    [checkpoints, node],
  )
  const edited = useRuns(state => state.views.get(run)?.edits)
  const edits = useMemo(
    () => [...new Set((edited ?? []).filter(e => e.train === node).map(e => e.step))],
    [edited, node],
  )
  const inherited = useRuns(state => state.views.get(run)?.trains.get(node)?.fork?.step)
  const here = useRuns(state => hereOf(state.views.get(run)?.trains.get(node)))
  const common = { run, node, group, marks, edits, inherited, here }
  return (
    <div className={styles.grid}>
      {looks.map(look => (
        <One key={look.metric} look={look} {...common} />
      ))}
    </div>
  )
}

interface OneProps {
  readonly look: Look
  readonly run: string
  readonly node: string
  readonly group: ChartGroup
  readonly marks: readonly number[]
  readonly edits: readonly number[]
  readonly inherited: number | undefined
  readonly here: number | null
}

function One({ look, run, node, group, marks, edits, inherited, here }: OneProps) {
  const { smoothing, logLoss } = useChartSettings()
  const source = useSeries(run, node, look.metric)
  const noSpeed = useRuns(state => noSpeedOf(state.views.get(run), node))
  const isLoss = /^train\/loss(\/|$)/.test(look.metric)
  const isNoisy = isLoss || /^train\/grad_norm(\/|$)/.test(look.metric)
  return (
    <Chart
      title={look.title}
      unit={look.unit}
      source={source}
      colour={look.colour}
      format={look.format}
      fromZero={look.fromZero}
      log={isLoss && logLoss}
      smoothing={isNoisy ? smoothing : 0}
      marks={marks}
      edits={edits}
      inherited={inherited}
      here={here}
      group={group}
      none={look.metric === 'throughput' ? noSpeed : undefined}
    />
  )
}

/** Where a run stands that was taken back. */
const hereOf = (train: TrainRun | undefined): number | null =>
  train && train.taken < train.reached ? Math.max(0, train.taken - 1) : null

/** Why there is no speed to draw. */
function noSpeedOf(run: RunView | undefined, node: string): string {
  if (run?.nodes.get(node)?.state === 'cached')
    return 'Not trained in this run: these steps came from the cache.'
  return isLive(run?.info) ? 'Measuring …' : 'No times were kept with these steps.'
}
