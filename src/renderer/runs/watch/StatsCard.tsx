import type { WatchedTensor } from '../../../protocol/watch.ts'
import { percent, short, whole } from '../../ui/format.ts'
import { Card } from './Card.tsx'
import styles from './Watch.module.css'

const HIGH = 64
const BAR = 4

/** Least, greatest, mean and spread, what is not finite, and how the values are spread. */
export function StatsCard({ value }: { readonly value: WatchedTensor }) {
  const { stats, histogram } = value
  const number = (x: number | undefined) => (x === undefined ? '–' : short(x))
  const rows: readonly (readonly [string, string, boolean?])[] = [
    ['min', number(stats.min)],
    ['max', number(stats.max)],
    ['mean', number(stats.mean)],
    ['std', number(stats.std)],
    ['zeros', percent(stats.zero)],
    ['NaN', whole(stats.nan), stats.nan > 0],
    ['infinite', whole(stats.infinite), stats.infinite > 0],
    ['values', whole(stats.count)],
  ]
  const most = Math.max(1, ...histogram)
  const width = histogram.length * BAR
  return (
    <Card title="Statistics">
      <dl className={styles.stats}>
        {rows.map(([name, text, bad]) => (
          <div key={name} data-bad={bad || undefined}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {stats.min !== undefined && stats.count > 1 && (
        <figure className={styles.histogram}>
          <svg
            width={width}
            height={HIGH}
            viewBox={`0 0 ${width} ${HIGH}`}
            role="img"
            aria-label={`Histogram from ${short(stats.min)} to ${number(stats.max)}`}
          >
            {histogram.map((count, i) => {
              const high = count === 0 ? 0 : Math.max(1, (count / most) * HIGH)
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: bars have no other name than their place
                <rect key={i} x={i * BAR} y={HIGH - high} width={BAR - 1} height={high}>
                  <title>{whole(count)}</title>
                </rect>
              )
            })}
          </svg>
          <figcaption>
            <span>{short(stats.min)}</span>
            <span>{number(stats.max)}</span>
          </figcaption>
        </figure>
      )}
    </Card>
  )
}
