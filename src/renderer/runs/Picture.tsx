import { ImageOff } from 'lucide-react'
import { memo } from 'react'
import styles from './Picture.module.css'
import { usePicture } from './pictures.ts'

interface Props {
  readonly run: string
  /** As the report names it; undefined where the row has none. */
  readonly name: string | undefined
  readonly label: string
  /** In a gallery of answers: the right one is framed, and the place is written on it. */
  readonly correct?: boolean
  readonly rank?: number
}

/** A picture of the dataset, square, of the size of its place. */
export const Picture = memo(function Picture({ run, name, label, correct, rank }: Props) {
  const url = usePicture(run, name)
  return (
    <span
      className={styles.picture}
      data-correct={correct || undefined}
      data-loading={url === null || undefined}
      title={`${rank === undefined ? '' : `${rank}. `}${label}${correct ? ' (the true match)' : ''}`}
    >
      {url === 'failed' ? (
        <span className={styles.missing} role="img" aria-label={`${label}, no picture`}>
          <ImageOff size={14} aria-hidden="true" />
        </span>
      ) : (
        url && <img src={url} alt={label} draggable={false} />
      )}
      {rank !== undefined && <span className={styles.rank}>{rank}</span>}
    </span>
  )
})
