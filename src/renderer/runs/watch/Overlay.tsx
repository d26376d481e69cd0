import { type KeyboardEvent, useLayoutEffect, useMemo, useRef } from 'react'
import type { WatchedTensor } from '../../../protocol/watch.ts'
import { short } from '../../ui/format.ts'
import { ColourBar } from './ColourBar.tsx'
import { colourOf, useColours } from './colours.ts'
import { Figure } from './Figure.tsx'
import heat from './HeatMap.module.css'
import { PictureCanvas } from './PictureCanvas.tsx'
import styles from './Sequence.module.css'
import { scaleOf } from './scale.ts'
import { pictureData } from './values.ts'

type Sequence = NonNullable<WatchedTensor['sequence']>

interface Props {
  readonly sequence: Sequence
  readonly values: Float32Array
  readonly bytes: Uint8Array
  readonly onPick: (token: number) => void
}

const SIDE = 208
/** How much of the picture is left to see under its colours. */
const PICTURE = 0.35

/** The picture as it is, and each patch coloured by its number; a click on a patch, or arrow keys, pick it. */
export function Overlay({ sequence, values, bytes, onPick }: Props) {
  const { rows, columns, first } = sequence.grid!
  const picture = sequence.picture!
  const host = useRef<HTMLCanvasElement>(null)
  const scale = useMemo(() => scaleOf(values.subarray(first)), [values, first])
  const colours = useColours()
  useLayoutEffect(() => {
    const context = host.current!.getContext('2d')
    if (!context) return
    const { width, height } = picture
    context.putImageData(greyed(pictureData(bytes, picture)), 0, 0)
    const [wide, high] = [width / columns, height / rows]
    for (let i = 0; i < rows * columns; i++) {
      const [r, g, b] = colourOf(values[first + i]!, scale, colours)
      context.fillStyle = `rgb(${r} ${g} ${b} / ${1 - PICTURE})`
      context.fillRect((i % columns) * wide, Math.floor(i / columns) * high, wide, high)
    }
  }, [bytes, picture, values, scale, colours, rows, columns, first])
  const picked = sequence.token - first
  const pick = (row: number, column: number) => {
    if (row >= 0 && row < rows && column >= 0 && column < columns) onPick(first + row * columns + column)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key]
    if (!by) return
    event.preventDefault()
    event.stopPropagation()
    if (picked < 0) pick(0, 0)
    else pick(Math.floor(picked / columns) + by[0]!, (picked % columns) + by[1]!)
  }
  return (
    <div className={styles.overlay}>
      <Figure caption="as the network sees it">
        <PictureCanvas bytes={bytes} picture={picture} label="Picture" side={SIDE} />
      </Figure>
      <Figure caption={`${rows} × ${columns} patches`}>
        <div
          className={heat.heatFrame}
          style={{ width: SIDE, height: (SIDE * picture.height) / picture.width }}
        >
          <canvas
            ref={host}
            className={heat.cells}
            data-pick
            style={{ width: '100%', height: '100%' }}
            width={picture.width}
            height={picture.height}
            role="img"
            tabIndex={0}
            aria-label={`${rows} by ${columns} patches over the picture. A click or the arrow keys pick one.`}
            onClick={event => {
              const box = event.currentTarget.getBoundingClientRect()
              pick(
                Math.floor(((event.clientY - box.top) / box.height) * rows),
                Math.floor(((event.clientX - box.left) / box.width) * columns),
              )
            }}
            onKeyDown={onKeyDown}
          />
          {picked >= 0 && picked < rows * columns && (
            <span
              className={heat.mark}
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
        <ColourBar scale={scale} colours={colours} length={SIDE} lying />
        {first > 0 && (
          <button
            type="button"
            className={styles.classToken}
            aria-pressed={picked < 0}
            onClick={() => onPick(0)}
          >
            class token {short(Number(values[0]!.toPrecision(3)))}
          </button>
        )}
      </Figure>
    </div>
  )
}

/** Without its colours, which would mix with those of the numbers. */
function greyed(picture: ImageData): ImageData {
  const { data } = picture
  for (let i = 0; i < data.length; i += 4)
    data.fill(0.3 * data[i]! + 0.59 * data[i + 1]! + 0.11 * data[i + 2]!, i, i + 3)
  return picture
}
