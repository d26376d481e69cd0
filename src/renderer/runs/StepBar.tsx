import { Fingerprint, GitFork, SkipBack, SkipForward, StepBack, StepForward } from 'lucide-react'
import { forkShown, move } from '../app/run-actions.ts'
import { steppedTrain } from '../app/run-controls.ts'
import { useShownKeys } from '../commands/use-shown-keys.ts'
import { shownRun, useRuns } from '../state/index.ts'
import { IconButton } from '../ui/Button.tsx'
import { whole } from '../ui/format.ts'
import { Scrubber } from './Scrubber.tsx'
import styles from './StepBar.module.css'
import { useStepCount } from './step-count.ts'

/** Under the tabs while a run trains: where it stands among its steps, and going there backwards and forwards. */
export function StepBar() {
  const run = useRuns(shownRun)
  const control = useRuns(state => state.control)
  const { count, setCount } = useStepCount()
  const keys = useShownKeys()
  const train = steppedTrain(run)
  if (!run || !train) return null
  const stopping = run.info.state === 'stopping' && 'The run is stopping'
  const atStart = train.taken === 0 && 'No step was taken yet'
  const atEnd = train.taken === train.steps && 'All steps are taken'
  const { stateHash } = run
  const hash = stateHash?.node === train.node && stateHash.step === train.taken ? stateHash.hash : undefined
  const checkpoints = run.checkpoints.filter(c => c.node === train.node).map(c => c.step)
  return (
    // biome-ignore lint/a11y/useSemanticElements: these are no fields of a form
    <div className={styles.bar} role="group" aria-label="Steps">
      <IconButton
        label={`Back ${whole(count)} steps`}
        shortcut={keys('backMany')}
        icon={<SkipBack size={14} />}
        disabled={stopping || atStart}
        onClick={() => void move('back', count)}
      />
      <IconButton
        label="Back 1 step"
        shortcut={keys('back')}
        icon={<StepBack size={14} />}
        disabled={stopping || atStart}
        onClick={() => void move('back', 1)}
      />
      <Scrubber train={train} checkpoints={checkpoints} />
      <IconButton
        label="Step 1 forward"
        shortcut={keys('step')}
        icon={<StepForward size={14} />}
        disabled={stopping || atEnd}
        onClick={() => void move('step', 1)}
      />
      <IconButton
        label={`Step ${whole(count)} forward`}
        shortcut={keys('stepMany')}
        icon={<SkipForward size={14} />}
        disabled={stopping || atEnd}
        onClick={() => void move('step', count)}
      />
      <label className={styles.count}>
        <span className={styles.words}>Steps at once</span>
        <input
          type="number"
          title="Steps at once"
          min={1}
          max={1e6}
          value={count}
          onChange={event => setCount(Number(event.target.value))}
        />
      </label>
      <span className={styles.place} data-testid="step-place">
        {placeOf(train)}
      </span>
      <IconButton
        label="Fork from here"
        shortcut={keys('fork')}
        icon={<GitFork size={14} />}
        disabled={stopping}
        onClick={forkShown}
      />
      <IconButton
        label="Hash of all weights and optimizer state"
        icon={<Fingerprint size={14} />}
        disabled={stopping}
        onClick={() => void control('hash')}
      />
      <output className={styles.hash} title={hash} data-testid="state-hash">
        {hash?.slice(0, 12)}
      </output>
    </div>
  )
}

/** `5 of 12, 9 taken`. */
function placeOf({ taken, reached, steps }: { taken: number; reached: number; steps: number }): string {
  const place = `${whole(taken)} of ${whole(steps)}`
  return taken < reached ? `${place}, ${whole(reached)} taken` : place
}
