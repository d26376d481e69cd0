import { memo } from 'react'
import { lossNames } from '../../protocol/losses.ts'
import type { StepFacts } from '../../protocol/messages.ts'
import { trainRun, useRuns } from '../state/index.ts'
import { bytes, duration, flopRate, rate, steady, whole } from '../ui/format.ts'
import styles from './bodies.module.css'
import { Sparkline } from './Sparkline.tsx'
import { useSeries } from './series-source.ts'

/** In a Train's card: its loss as it falls, and how far it is. */
export const TrainBody = memo(function TrainBody({ node }: { readonly node: string }) {
  const run = useRuns(state => state.shown)
  const steps = useRuns(state => trainRun(node)(state)?.steps)
  const source = useSeries(run, node, useLossName(node))
  if (steps === undefined)
    return (
      <div className={styles.train} data-empty>
        <p className={styles.empty}>Run the graph to see its loss here</p>
      </div>
    )
  return (
    <div className={styles.train}>
      <div className={styles.row}>
        <Loss node={node} />
        <Speed node={node} />
      </div>
      <div className={styles.spark}>
        <Sparkline source={source} colour="--accent" until={steps - 1} label={`Loss of ${node}`} />
      </div>
      <div className={styles.row}>
        <Steps node={node} />
        <Left node={node} />
      </div>
    </div>
  )
})

/** Its loss, or that of the first of its objectives. */
const useLossName = (node: string): string =>
  useRuns(state => lossNames(trainRun(node)(state)?.series.keys() ?? [])[0] ?? 'train/loss')

function Loss({ node }: { readonly node: string }) {
  const name = useLossName(node)
  const loss = useRuns(state => {
    const series = trainRun(node)(state)?.series.get(name)
    return series?.length ? series.values[series.length - 1]! : undefined
  })
  return (
    <span className={styles.loss}>
      <span className={styles.quiet}>loss</span> {loss === undefined ? '–' : steady(loss)}
    </span>
  )
}

function Speed({ node }: { readonly node: string }) {
  const speed = useRuns(state => trainRun(node)(state)?.rate ?? null)
  const facts = useRuns(state => trainRun(node)(state)?.facts)
  const achieved = speed !== null && facts && facts.flops > 0 ? flopRate(facts.flops * speed) : undefined
  const title = [achieved, needs(facts)].filter(Boolean).join(', ')
  return (
    <span className={styles.quiet} title={title || undefined}>
      {speed === null ? '' : rate(speed)}
    </span>
  )
}

/** `310 MB of memory on each of 4 devices`. */
function needs(facts: StepFacts | undefined): string | undefined {
  if (!facts?.memory) return undefined
  const each = facts.devices > 1 ? ` on each of ${facts.devices} devices` : ''
  return `${bytes(facts.memory.totalBytes)} of memory${each}`
}

function Steps({ node }: { readonly node: string }) {
  const text = useRuns(state => {
    const train = trainRun(node)(state)
    return train ? `step ${whole(train.taken)} / ${whole(train.steps)}` : ''
  })
  return <span className={styles.quiet}>{text}</span>
}

/** What is to come: the time that is left, or why none is counted. */
function Left({ node }: { readonly node: string }) {
  const text = useRuns(state => {
    const view = state.shown === null ? undefined : state.views.get(state.shown)
    const train = view?.trains.get(node)
    if (!view || !train) return ''
    if (view.info.state === 'paused') return 'paused'
    if (train.secondsLeft !== null && train.taken < train.steps) return `${duration(train.secondsLeft)} left`
    if (train.taken === 0)
      return view.info.state === 'running' ? ['compiled', needs(train.facts)].filter(Boolean).join(', ') : ''
    return ''
  })
  return (
    <span className={styles.quiet} data-paused={text === 'paused' || undefined}>
      {text}
    </span>
  )
}
