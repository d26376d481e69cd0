import { Eye } from 'lucide-react'
import type { MouseEvent } from 'react'
import { showWatches } from '../runs/watch/watch-actions.ts'
import styles from './WatchEye.module.css'

interface Props {
  /** The watches that it opens, one after the other. */
  readonly names: readonly string[]
  /** Whether it stands for all watches of a card that is seen from afar. */
  readonly badge?: boolean
}

const stop = (event: MouseEvent) => event.stopPropagation()

/** Marks what is watched, and opens it. */
export function WatchEye({ names, badge = false }: Props) {
  const label = `Watched: ${names.join(', ')}`
  return (
    <button
      type="button"
      className={`${styles.eye} nodrag nokey`}
      data-badge={badge || undefined}
      aria-label={label}
      title={label}
      onClick={event => {
        // The card is not what was meant.
        stop(event)
        showWatches(names)
      }}
      onDoubleClick={stop}
    >
      <Eye strokeWidth={2.25} aria-hidden="true" />
    </button>
  )
}
