import { short, whole } from '../../ui/format.ts'
import styles from './Stats.module.css'

const HIGH = 72
const BAR = 4

interface Props {
  readonly counts: readonly number[]
  readonly min: number
  readonly max: number
}

/** How the values are spread: equal parts from the least to the greatest, each as high as it has values. */
export function Histogram({ counts, min, max }: Props) {
  const most = Math.max(1, ...counts)
  const width = counts.length * BAR
  const edge = (i: number) => short(Number((min + ((max - min) * i) / counts.length).toPrecision(3)))
  const zero = min < 0 && max > 0 ? (-min / (max - min)) * width : undefined
  return (
    <figure className={styles.histogram}>
      <p className={styles.most}>
        <span>values in each part</span>
        <span>highest {whole(most)}</span>
      </p>
      <svg
        width={width}
        height={HIGH}
        viewBox={`0 0 ${width} ${HIGH}`}
        role="img"
        aria-label={`Histogram from ${short(min)} to ${short(max)}; the highest of ${counts.length} parts has ${whole(most)} values`}
      >
        {zero !== undefined && <line x1={zero} x2={zero} y1={0} y2={HIGH} className={styles.zero} />}
        {counts.map((count, i) => {
          const high = count === 0 ? 0 : Math.max(1, (count / most) * HIGH)
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: bars have no other name than their place
            <rect key={i} x={i * BAR} y={HIGH - high} width={BAR - 1} height={high}>
              <title>{`${edge(i)} … ${edge(i + 1)}: ${whole(count)}`}</title>
            </rect>
          )
        })}
      </svg>
      <figcaption style={{ width }}>
        <span>{short(min)}</span>
        {zero !== undefined && zero > width * 0.2 && zero < width * 0.8 && (
          <span className={styles.zeroLabel} style={{ left: zero }}>
            0
          </span>
        )}
        <span>{short(max)}</span>
      </figcaption>
    </figure>
  )
}
