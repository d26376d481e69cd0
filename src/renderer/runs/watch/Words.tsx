import { useMemo } from 'react'
import type { WatchedTensor } from '../../../protocol/watch.ts'
import { short } from '../../ui/format.ts'
import { ColourBar } from './ColourBar.tsx'
import { colourOf, useColours } from './colours.ts'
import styles from './Sequence.module.css'
import { scaleOf } from './scale.ts'

interface Props {
  readonly sequence: NonNullable<WatchedTensor['sequence']>
  readonly values: Float32Array | undefined
  readonly onPick: (token: number) => void
}

const BAR = 208

/** The tokens of a text, each over its number; a click picks one. */
export function Words({ sequence, values, onPick }: Props) {
  const colours = useColours()
  const scale = useMemo(() => scaleOf(values ?? []), [values])
  return (
    <>
      <ol className={styles.words} aria-label="Tokens of the text">
        {sequence.tokens!.map((token, i) => {
          const value = values?.[i]
          const picked = values !== undefined && sequence.token === i
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: tokens have no other name than their place
            <li key={i} data-padding={!token.valid || undefined}>
              <button
                type="button"
                aria-pressed={values ? picked : undefined}
                disabled={values === undefined}
                onClick={() => onPick(i)}
              >
                <span className={styles.token}>{token.text.trim() === '' ? '␣' : token.text.trim()}</span>
                {value !== undefined && (
                  <>
                    <span
                      className={styles.swatch}
                      style={{ background: `rgb(${colourOf(value, scale, colours)})` }}
                    />
                    <span className={styles.tokenValue}>{short(Number(value.toPrecision(2)))}</span>
                  </>
                )}
              </button>
            </li>
          )
        })}
      </ol>
      {values && <ColourBar scale={scale} colours={colours} length={BAR} lying />}
    </>
  )
}
