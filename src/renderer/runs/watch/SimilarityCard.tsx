import type { WatchCell, WatchedTensor, WatchSide } from '../../../protocol/watch.ts'
import { short } from '../../ui/format.ts'
import { Card } from './Card.tsx'
import { HeatMap } from './HeatMap.tsx'
import { PictureCanvas } from './PictureCanvas.tsx'
import styles from './Watch.module.css'

interface Props {
  readonly value: WatchedTensor
  readonly bytes: Uint8Array
  readonly cell: readonly [number, number] | undefined
  readonly onPick: (cell: readonly [number, number]) => void
}

/** How similar every row of one side is to every row of the other; a cell opens its pair. */
export function SimilarityCard({ value, bytes, cell, onPick }: Props) {
  const { plane, axes } = value
  const block: readonly [number, number] = [
    Math.ceil(axes[0]!.size / plane.rows),
    Math.ceil(axes[1]!.size / plane.columns),
  ]
  const picked = cell && ([Math.floor(cell[0] / block[0]), Math.floor(cell[1] / block[1])] as const)
  return (
    <>
      <Card title="Similarity">
        <HeatMap
          bytes={bytes}
          plane={plane}
          title="Similarity matrix"
          rowName={axes[0]!.name}
          columnName={axes[1]!.name}
          block={block}
          picked={picked}
          onPick={([row, column]) => onPick([row * block[0], column * block[1]])}
        />
      </Card>
      <Card title="Pair">
        {value.cell ? (
          <Pair cell={value.cell} bytes={bytes} />
        ) : (
          <p className={styles.hint}>Pick a cell to see its pair.</p>
        )}
      </Card>
    </>
  )
}

function Pair({ cell, bytes }: { readonly cell: WatchCell; readonly bytes: Uint8Array }) {
  const isOwn = cell.row.row === cell.column.row
  return (
    <div className={styles.pair} data-own={isOwn || undefined}>
      <div className={styles.sides}>
        <Side side={cell.row} bytes={bytes} />
        <Side side={cell.column} bytes={bytes} />
      </div>
      <dl className={styles.stats}>
        <div>
          <dt>score</dt>
          <dd>{short(cell.score)}</dd>
        </div>
        <div>
          <dt>rank in row</dt>
          <dd>
            {cell.rankInRow} of {cell.columns}
          </dd>
        </div>
        <div>
          <dt>rank in column</dt>
          <dd>
            {cell.rankInColumn} of {cell.rows}
          </dd>
        </div>
      </dl>
      <p className={styles.hint}>{isOwn ? 'They belong together.' : 'They come from different rows.'}</p>
    </div>
  )
}

const SIDE = 96

function Side({ side, bytes }: { readonly side: WatchSide; readonly bytes: Uint8Array }) {
  return (
    <figure className={styles.side}>
      {side.picture && (
        <PictureCanvas bytes={bytes} picture={side.picture} label={`Picture of ${side.row}`} side={SIDE} />
      )}
      {side.text !== undefined && <blockquote className={styles.caption}>{side.text}</blockquote>}
      <figcaption>{side.row}</figcaption>
    </figure>
  )
}
