import { useLayoutEffect, useMemo, useRef } from 'react'
import type { WatchedTensor } from '../../../protocol/watch.ts'
import { short } from '../../ui/format.ts'
import { Card } from './Card.tsx'
import { colourOf, scaleOf, useColours } from './colours.ts'
import { pictureData, planeValues } from './values.ts'
import styles from './Watch.module.css'

type Sequence = NonNullable<WatchedTensor['sequence']>

interface Props {
  readonly sequence: Sequence
  readonly bytes: Uint8Array
  readonly onPick: (token: number) => void
}

const TITLES = { attention: 'Attention', cosine: 'Similarity of tokens', ids: 'Tokens' } as const

/** Tokens seen from one of them: patches over their picture, words in their text. */
export function SequenceCard({ sequence, bytes, onPick }: Props) {
  const { values, grid, picture, tokens, kind, token } = sequence
  const numbers = useMemo(() => values && planeValues(bytes, values), [bytes, values])
  const said = kind === 'attention' ? 'Where this token looks' : 'Cosine with this token'
  return (
    <Card title={TITLES[kind]}>
      {kind !== 'ids' && (
        <label className={styles.index}>
          token
          <input
            type="number"
            min={0}
            value={token}
            onChange={event => onPick(Math.max(0, Math.floor(Number(event.target.value))))}
          />
          <span className={styles.of}>{said}</span>
        </label>
      )}
      {grid && picture && numbers && (
        <Overlay sequence={sequence} values={numbers} bytes={bytes} onPick={onPick} />
      )}
      {tokens && <Words sequence={sequence} values={numbers} onPick={onPick} />}
    </Card>
  )
}

const SIDE = 200

interface OverlayProps {
  readonly sequence: Sequence
  readonly values: Float32Array
  readonly bytes: Uint8Array
  readonly onPick: (token: number) => void
}

/** The picture, each patch tinted by its number; a click on a patch picks it. */
function Overlay({ sequence, values, bytes, onPick }: OverlayProps) {
  const { rows, columns, first } = sequence.grid!
  const picture = sequence.picture!
  const host = useRef<HTMLCanvasElement>(null)
  const scale = useMemo(() => scaleOf(values.subarray(first)), [values, first])
  const colours = useColours()
  useLayoutEffect(() => {
    const context = host.current!.getContext('2d')
    if (!context) return
    const { width, height } = picture
    context.putImageData(pictureData(bytes, picture), 0, 0)
    const [wide, high] = [width / columns, height / rows]
    const span = Math.max(Math.abs(scale.min), Math.abs(scale.max)) || 1
    for (let i = 0; i < rows * columns; i++) {
      const value = values[first + i]!
      const [r, g, b] = colourOf(value < 0 ? -span : span, { min: -span, max: span }, colours)
      const low = Math.max(scale.min, 0)
      const share = Number.isFinite(value) ? Math.abs(value - low) / (span - low || 1) : 1
      context.fillStyle = `rgb(${r} ${g} ${b} / ${0.82 * Math.min(1, share)})`
      context.fillRect((i % columns) * wide, Math.floor(i / columns) * high, wide, high)
    }
  }, [bytes, picture, values, scale, colours, rows, columns, first])
  const picked = sequence.token - first
  return (
    <div className={styles.overlay}>
      <div
        className={styles.heatFrame}
        style={{ width: SIDE, height: (SIDE * picture.height) / picture.width }}
      >
        <canvas
          ref={host}
          className={styles.cells}
          data-pick
          style={{ width: '100%', height: '100%' }}
          width={picture.width}
          height={picture.height}
          role="img"
          aria-label={`${rows} by ${columns} patches over the picture`}
          onClick={event => {
            const box = event.currentTarget.getBoundingClientRect()
            const row = Math.floor(((event.clientY - box.top) / box.height) * rows)
            const column = Math.floor(((event.clientX - box.left) / box.width) * columns)
            onPick(first + row * columns + column)
          }}
        />
        {picked >= 0 && picked < rows * columns && (
          <span
            className={styles.mark}
            data-picked
            style={{
              left: `${((picked % columns) / columns) * 100}%`,
              top: `${(Math.floor(picked / columns) / rows) * 100}%`,
              width: `${100 / columns}%`,
              height: `${100 / rows}%`,
            }}
          />
        )}
      </div>
      <p className={styles.hint}>
        {short(scale.min)} … {short(scale.max)}
        {first > 0 && `, class token ${short(values[0]!)}`}
        {picked < 0 && '. Seen from the class token.'}
      </p>
    </div>
  )
}

interface WordsProps {
  readonly sequence: Sequence
  readonly values: Float32Array | undefined
  readonly onPick: (token: number) => void
}

/** The tokens of a text, each over its number; a click picks one. */
function Words({ sequence, values, onPick }: WordsProps) {
  const colours = useColours()
  const scale = useMemo(() => scaleOf(values ?? []), [values])
  return (
    <ol className={styles.words} aria-label="Tokens of the text">
      {sequence.tokens!.map((token, i) => {
        const value = values?.[i]
        const [r, g, b] = value === undefined ? [0, 0, 0] : colourOf(value, scale, colours)
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
                  <span className={styles.swatch} style={{ background: `rgb(${r} ${g} ${b})` }} />
                  <span className={styles.tokenValue}>{short(Number(value.toPrecision(2)))}</span>
                </>
              )}
            </button>
          </li>
        )
      })}
    </ol>
  )
}
