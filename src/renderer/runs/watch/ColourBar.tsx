import { short } from '../../ui/format.ts'
import styles from './ColourBar.module.css'
import { type Colours, colourOf, type Scale } from './colours.ts'

const STOPS = 16
/** Labels closer than this share of the bar would touch. */
const APART = 0.16

interface Props {
  readonly scale: Scale
  readonly colours: Colours
  /** Pixels from the least to the greatest. */
  readonly length: number
  /** Whether some values are no numbers. */
  readonly gaps?: boolean
  /** Lies under what it explains, in place of standing beside it. */
  readonly lying?: boolean
}

/** Which colour is which number. */
export function ColourBar({ scale, colours, length, gaps = false, lying = false }: Props) {
  const { min, max } = scale
  const at = (share: number) => min + (max - min) * share
  const stops = Array.from({ length: STOPS + 1 }, (_, i) => `rgb(${colourOf(at(i / STOPS), scale, colours)})`)
  const zero = min < 0 && max > 0 ? -min / (max - min) : undefined
  const labels = [
    ...(min < max ? [[0, short(rounded(min))] as const] : []),
    ...(zero !== undefined && zero > APART && zero < 1 - APART ? [[zero, '0'] as const] : []),
    [1, short(rounded(max))] as const,
  ]
  return (
    <div
      className={styles.bar}
      data-lying={lying || undefined}
      role="img"
      aria-label={`Colours from ${short(min)} to ${short(max)}${gaps ? ', and one for what is no number' : ''}`}
    >
      <span
        className={styles.ramp}
        style={{
          background: `linear-gradient(to ${lying ? 'right' : 'top'}, ${stops.join(', ')})`,
          [lying ? 'width' : 'height']: length,
        }}
      />
      <span className={styles.barLabels} style={{ [lying ? 'width' : 'height']: length }}>
        {labels.map(([share, text]) => (
          <span key={share} style={{ [lying ? 'left' : 'bottom']: `${share * 100}%` }} data-end={share}>
            {text}
          </span>
        ))}
      </span>
      {gaps && (
        <span className={styles.gap}>
          <i style={{ background: `rgb(${colours.none})` }} />
          NaN, ∞
        </span>
      )}
    </div>
  )
}

/** Three digits are enough to read a colour by. */
const rounded = (x: number): number => Number(x.toPrecision(3))
