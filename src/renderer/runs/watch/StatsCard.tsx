import type { ReactNode } from 'react'
import type { WatchedTensor } from '../../../protocol/watch.ts'
import { percent, short, whole } from '../../ui/format.ts'
import { Card } from './Card.tsx'
import { Histogram } from './Histogram.tsx'
import styles from './Stats.module.css'

interface Props {
  readonly value: WatchedTensor
  /** Its figure over the steps. */
  readonly children: ReactNode
}

/** Least, greatest, mean and spread, what is not finite, and how the values are spread. */
export function StatsCard({ value, children }: Props) {
  const { stats, histogram } = value
  const number = (x: number | undefined) => (x === undefined ? '–' : short(x))
  const rows: readonly (readonly [string, string, boolean?])[] = [
    ['min', number(stats.min)],
    ['max', number(stats.max)],
    ['mean', number(stats.mean)],
    ['std', number(stats.std)],
    ...(stats.entropy === undefined ? [] : [['attention entropy', `${short(stats.entropy)} nats`] as const]),
    ['zeros', percent(stats.zero)],
    ['NaN', whole(stats.nan), stats.nan > 0],
    ['infinite', whole(stats.infinite), stats.infinite > 0],
  ]
  const { min, max } = stats
  return (
    <Card title="Statistics" about={`of all ${whole(stats.count)} values`}>
      <dl className={styles.stats}>
        {rows.map(([name, text, bad]) => (
          <div key={name} data-bad={bad || undefined}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {min !== undefined && max !== undefined && <Histogram counts={histogram} min={min} max={max} />}
      {children}
    </Card>
  )
}
