import { short } from '../../ui/format.ts'
import styles from './ColourBar.module.css'
import { type Colours, colourOf } from './colours.ts'
import { barTicks, type Scale, valueAt } from './scale.ts'

const STOPS = 16

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
  const { min, max, log } = scale
  const stops = Array.from(
    { length: STOPS + 1 },
    (_, i) => `rgb(${colourOf(valueAt(i / STOPS, scale), scale, colours)})`,
  )
  const how = `${log ? ', by their logarithm' : ''}${gaps ? ', and one for what is no number' : ''}`
  return (
    <div
      className={styles.bar}
      data-lying={lying || undefined}
      role="img"
      aria-label={`Colours from ${short(min)} to ${short(max)}${how}`}
    >
      <span
        className={styles.ramp}
        style={{
          background: `linear-gradient(to ${lying ? 'right' : 'top'}, ${stops.join(', ')})`,
          [lying ? 'width' : 'height']: length,
        }}
      />
      <span className={styles.barLabels} style={{ [lying ? 'width' : 'height']: length }}>
        {barTicks(scale).map(({ share, text }) => (
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
