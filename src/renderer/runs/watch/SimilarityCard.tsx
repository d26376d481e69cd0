import type { WatchCell, WatchedTensor, WatchSide } from '../../../protocol/watch.ts'
import { short } from '../../ui/format.ts'
import { Card } from './Card.tsx'
import { Figure } from './Figure.tsx'
import { HeatMap } from './HeatMap.tsx'
import { PictureCanvas } from './PictureCanvas.tsx'
import styles from './Similarity.module.css'
import { useScale } from './use-scale.ts'

type Sides = NonNullable<WatchedTensor['sides']>

interface Props {
  /** Of the watch. */
  readonly name: string
  readonly value: WatchedTensor
  readonly sides: Sides
  readonly bytes: Uint8Array
  readonly cell: readonly [number, number] | undefined
  readonly onPick: (cell: readonly [number, number]) => void
}

/** Leaves room for the pair beside it. */
const ROOM = [232, 232] as const

/** How similar every row of one side is to every row of the other; a cell opens its pair. */
export function SimilarityCard({ name, value, sides, bytes, cell, onPick }: Props) {
  const [scaleKind, onScale] = useScale(name)
  const { plane, axes } = value
  const block: readonly [number, number] = [
    Math.ceil(axes[0]!.size / plane.rows),
    Math.ceil(axes[1]!.size / plane.columns),
  ]
  const picked = cell && ([Math.floor(cell[0] / block[0]), Math.floor(cell[1] / block[1])] as const)
  return (
    <>
      <Card title="Similarity" about={`of each ${sides.rows} to each ${sides.columns}`}>
        <HeatMap
          bytes={bytes}
          plane={plane}
          title="Similarity matrix"
          rowName={axes[0]!.name}
          columnName={axes[1]!.name}
          rowTitle={`${sides.rows} (${axes[0]!.name})`}
          columnTitle={`${sides.columns} (${axes[1]!.name})`}
          room={ROOM}
          block={block}
          scaleKind={scaleKind}
          onScale={onScale}
          picked={picked}
          onPick={([row, column]) => onPick([row * block[0], column * block[1]])}
        />
      </Card>
      <Card
        title="Pair"
        about={cell && value.cell && `${sides.rows} ${cell[0]}, ${sides.columns} ${cell[1]}`}
      >
        {value.cell ? (
          <Pair cell={value.cell} sides={sides} bytes={bytes} />
        ) : (
          <p className={styles.pick}>Pick a cell of the matrix to see what it compares.</p>
        )}
      </Card>
    </>
  )
}

interface PairProps {
  readonly cell: WatchCell
  readonly sides: Sides
  readonly bytes: Uint8Array
}

function Pair({ cell, sides, bytes }: PairProps) {
  const isOwn = cell.row.row === cell.column.row
  return (
    <div className={styles.pair}>
      <div className={styles.sides}>
        <Side name={sides.rows} side={cell.row} bytes={bytes} />
        <Side name={sides.columns} side={cell.column} bytes={bytes} />
      </div>
      <dl className={styles.facts}>
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
      <p className={styles.own} data-own={isOwn || undefined}>
        {isOwn ? 'They belong together.' : 'They come from different rows.'}
      </p>
    </div>
  )
}

const SIDE = 100

interface SideProps {
  /** The input of the node that it came in by. */
  readonly name: string
  readonly side: WatchSide
  readonly bytes: Uint8Array
}

function Side({ name, side, bytes }: SideProps) {
  return (
    <Figure
      caption={
        <>
          {name} <code title={side.row}>{side.row}</code>
        </>
      }
    >
      {side.picture && (
        <PictureCanvas bytes={bytes} picture={side.picture} label={`Picture of ${side.row}`} side={SIDE} />
      )}
      {side.text !== undefined && <blockquote className={styles.caption}>{side.text}</blockquote>}
    </Figure>
  )
}
