import { Eye, TriangleAlert } from 'lucide-react'
import type { WatchJson } from '../../../graph/document.ts'
import { watchName } from '../../../graph/watches.ts'
import type { WatchedTensor } from '../../../protocol/watch.ts'
import { shownRun, useRuns, useWatches } from '../../state/index.ts'
import { watchMetric } from '../../state/watch-metric.ts'
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
import styles from './Watch.module.css'
import { AddWatch, newestOf, WatchList } from './WatchList.tsx'
import { WatchTools } from './WatchTools.tsx'

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
  const live = state === 'running' || state === 'pausing' || state === 'paused'
  const when =
    watch.every === 0 && state === 'running'
      ? 'Pause the run to see it.'
      : 'Its program is compiled first; then it comes with the next step.'
  return (
    <p className={styles.hint}>
      {live ? when : 'Run the graph, or step through it: values are computed while it trains.'}
    </p>
  )
}

interface ViewsProps {
  readonly name: string
  readonly seen: SeenWatch
  readonly value: WatchedTensor
}

function Views({ name, seen, value }: ViewsProps) {
  const { bytes, watched } = seen
  const look = useWatches(state => state.look)
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

/** The value of a number, or the mean of a tensor, over the steps of the run. */
function Line({ seen: { watched }, value }: Omit<ViewsProps, 'name'>) {
  const run = useRuns(state => state.shown)
  const isOne = value.stats.count === 1
  const { wire, spec, train } = watched
  const source = useSeries(run, train, watchMetric({ wire, inner: spec.inner, field: value.field }, isOne))
  return (
    <div className={styles.line}>
      <Chart title={isOne ? 'Value' : 'Mean'} source={source} colour="--wire-feat" format={short} />
    </div>
  )
}
