import { Eye, TriangleAlert } from 'lucide-react'
import { useEffect } from 'react'
import type { WatchJson } from '../../../graph/document.ts'
import { watchName } from '../../../graph/watches.ts'
import type { WatchedTensor } from '../../../protocol/watch.ts'
import type { RunInfo } from '../../../protocol/workbench.ts'
import { makeRoom } from '../../app/layout-store.ts'
import { shownRun, useRuns, useWatches } from '../../state/index.ts'
import type { RunView } from '../../state/types.ts'
import { figureOf, watchMetric } from '../../state/watch-metric.ts'
import type { SeenWatch } from '../../state/watches.ts'
import { short } from '../../ui/format.ts'
import { Chart } from '../Chart.tsx'
import { Empty, Key } from '../Empty.tsx'
import { useSeries } from '../series-source.ts'
import { Card } from './Card.tsx'
import { HeatMap } from './HeatMap.tsx'
import { PictureCanvas } from './PictureCanvas.tsx'
import { SequenceCard } from './SequenceCard.tsx'
import { SimilarityCard } from './SimilarityCard.tsx'
import { StatsCard } from './StatsCard.tsx'
import { useScale } from './use-scale.ts'
import styles from './Watch.module.css'
import { AddWatch, newestOf, WatchList } from './WatchList.tsx'
import { WatchTools } from './WatchTools.tsx'

/** As high as the run panel has to be for a view to be seen as a whole. */
const ROOM = 420
/** Once in a window: what a person makes of the panel then, stays. */
let hasRoom = false

/** What flows on the wires that are watched, in the run that is shown. */
export function WatchTab() {
  const list = useWatches(state => state.list)
  const active = useWatches(state => state.active)
  const watch = list.find(w => watchName(w) === active) ?? list.at(-1)
  if (!watch)
    return (
      <Empty icon={Eye} title="Watch a wire to see its numbers here">
        Select a wire or a node and press <Key>W</Key>, or pick one: <AddWatch />
      </Empty>
    )
  return (
    <div className={styles.watch}>
      <WatchList />
      <WatchView key={watchName(watch)} watch={watch} />
    </div>
  )
}

function WatchView({ watch }: { readonly watch: WatchJson }) {
  const seen = useWatches(state => newestOf(state.seen.get(watchName(watch))))
  const { problem, value } = seen?.watched ?? {}
  const isSeen = value !== undefined
  useEffect(() => {
    if (!isSeen || hasRoom) return
    hasRoom = true
    makeRoom(ROOM)
  }, [isSeen])
  return (
    <div className={styles.view}>
      <WatchTools watch={watch} watched={seen?.watched} />
      {problem !== undefined && (
        <p className={styles.problem} role="status">
          <TriangleAlert size={15} aria-hidden="true" />
          {problem}
        </p>
      )}
      {!seen && <Waiting watch={watch} />}
      {seen && value && <Views name={watchName(watch)} seen={seen} value={value} />}
    </div>
  )
}

/** Why there is nothing yet. */
function Waiting({ watch }: { readonly watch: WatchJson }) {
  const state = useRuns(s => shownRun(s)?.info.state)
  const isCached = useRuns(s => {
    const run = shownRun(s)
    return run !== null && run.trains.size > 0 && [...run.trains.keys()].every(isFromCache(run))
  })
  return <p className={styles.hint}>{whyNothing(watch, state, isCached)}</p>
}

const isFromCache =
  (run: RunView) =>
  (train: string): boolean =>
    run.nodes.get(train)?.state === 'cached'

function whyNothing({ every }: WatchJson, state: RunInfo['state'] | undefined, isCached: boolean): string {
  if (isCached)
    return 'Nothing was trained in this run: it came from the cache. Run it with “train again what is cached”, beside Run.'
  if (every === 0 && state === 'running') return 'Pause the run to see it.'
  if (state === 'running' || state === 'pausing' || state === 'paused')
    return 'Its program is compiled first; then it comes with the next step.'
  return 'Run the graph, or step through it: values are computed while it trains.'
}

interface ViewsProps {
  readonly name: string
  readonly seen: SeenWatch
  readonly value: WatchedTensor
}

function Views({ name, seen, value }: ViewsProps) {
  const { bytes, watched } = seen
  const look = useWatches(state => state.look)
  const [scaleKind, onScale] = useScale(name)
  const { plane, axes } = value
  const [rows, columns] = plane.axes.map(i => axes[i])
  const isOne = value.stats.count === 1
  const block: readonly [number, number] = [
    Math.ceil((rows?.size ?? 1) / plane.rows),
    Math.ceil((columns?.size ?? 1) / plane.columns),
  ]
  return (
    <div className={styles.cards}>
      {value.sides && (
        <SimilarityCard
          name={name}
          value={value}
          sides={value.sides}
          bytes={bytes}
          cell={watched.spec.cell}
          onPick={cell => look(name, { cell })}
        />
      )}
      {value.sequence && (
        <SequenceCard sequence={value.sequence} bytes={bytes} onPick={token => look(name, { token })} />
      )}
      {value.picture && (
        <Card title="Picture" about="as the network sees it">
          <PictureCanvas
            bytes={bytes}
            picture={value.picture}
            label={`Picture of ${watched.wire}`}
            side={240}
          />
        </Card>
      )}
      {!value.sides && !isOne && (
        <Card title="Heat map" about={aboutPlane(value)}>
          <HeatMap
            bytes={bytes}
            plane={plane}
            title={`Heat map of ${watched.wire}`}
            rowName={rows?.name ?? ''}
            columnName={columns?.name ?? ''}
            block={block}
            scaleKind={scaleKind}
            onScale={onScale}
          />
        </Card>
      )}
      {isOne ? (
        <Line seen={seen} value={value} />
      ) : (
        <StatsCard value={value}>
          <Line seen={seen} value={value} />
        </StatsCard>
      )}
    </div>
  )
}

/** Which part of a tensor of many axes the heat map shows. */
function aboutPlane({ plane, axes }: WatchedTensor): string | undefined {
  const others = axes.filter((_, i) => !plane.axes.includes(i))
  return others.length > 0
    ? `at ${others.map((axis, i) => `${axis.name} ${plane.at[i]}`).join(', ')}`
    : undefined
}

/** What stands for the whole of what is watched, over the steps of the run. */
function Line({ seen: { watched }, value }: Omit<ViewsProps, 'name'>) {
  const run = useRuns(state => state.shown)
  const { wire, spec, train } = watched
  const { kind, title, unit } = figureOf(value.stats)
  const source = useSeries(run, train, watchMetric({ wire, inner: spec.inner, field: value.field }, kind))
  return (
    <div className={styles.line}>
      <Chart title={title} unit={unit} source={source} colour="--wire-feat" format={short} />
    </div>
  )
}
