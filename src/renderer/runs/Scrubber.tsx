import { useState } from 'react'
import { seek } from '../app/run-actions.ts'
import type { TrainRun } from '../state/types.ts'
import { whole } from '../ui/format.ts'
import styles from './StepBar.module.css'

interface ScrubberProps {
  readonly train: Pick<TrainRun, 'steps' | 'taken' | 'reached' | 'kept'>
  /** Steps of which a checkpoint was committed. */
  readonly checkpoints: readonly number[]
}

/** All steps of a training as a line: drag, or press an arrow key, to go to one and hold there. */
export function Scrubber({ train, checkpoints }: ScrubberProps) {
  const { steps, taken, reached, kept } = train
  const [draft, setDraft] = useState<number | null>(null)
  const shown = draft ?? taken
  const go = () => {
    if (draft !== null && draft !== taken) void seek(draft)
    setDraft(null)
  }
  const at = (step: number) => `${(100 * step) / Math.max(1, steps)}%`
  const reachedText = reached > shown ? `, ${whole(reached)} were taken` : ''
  return (
    <div className={styles.scrubber}>
      <div className={styles.rail} aria-hidden="true">
        <span className={styles.reached} style={{ width: at(reached) }} />
        <span className={styles.taken} style={{ width: at(shown) }} />
        {kept.map(step => (
          <span key={step} className={styles.kept} style={{ left: at(step) }} />
        ))}
        {[...new Set(checkpoints)].map(step => (
          <span key={step} className={styles.checkpoint} style={{ left: at(step) }} />
        ))}
      </div>
      <input
        type="range"
        className={styles.range}
        aria-label="Step"
        aria-valuetext={`step ${whole(shown)} of ${whole(steps)}${reachedText}`}
        min={0}
        max={steps}
        step={1}
        value={shown}
        onChange={event => setDraft(Number(event.target.value))}
        onPointerUp={go}
        onKeyUp={go}
        onBlur={go}
      />
      {draft !== null && (
        <span className={styles.draft} style={{ left: at(draft) }} aria-hidden="true">
          {whole(draft)}
        </span>
      )}
    </div>
  )
}
