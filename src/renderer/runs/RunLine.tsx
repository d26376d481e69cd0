import { BadgeInfo, History } from 'lucide-react'
import { shownRun, useRuns } from '../state/index.ts'
import { isOver } from '../state/run-reducer.ts'
import { Button } from '../ui/Button.tsx'
import { Chip } from '../ui/Chip.tsx'
import styles from './RunPanel.module.css'
import { StateChip } from './StateChip.tsx'

/** Which run the panel shows. */
export function RunLine() {
  const info = useRuns(state => shownRun(state)?.info)
  const foreign = useRuns(state => shownRun(state)?.foreign ?? false)
  const isOlder = useRuns(state => {
    const newest = state.history.find(run => run.state !== 'waiting')
    return newest !== undefined && state.shown !== null && newest.id !== state.shown
  })
  const isEdited = useRuns(state => {
    const info = shownRun(state)?.info
    return info !== undefined && !isOver(info) && state.stale.size > 0
  })
  const show = useRuns(state => state.show)
  if (!info) return null
  return (
    <div className={styles.runLine}>
      {foreign && (
        <Chip kind="warn" icon={<BadgeInfo size={13} aria-hidden="true" />}>
          From the author, not verified
        </Chip>
      )}
      {isEdited && (
        <span
          className={styles.edited}
          title="It goes on with the graph as it was when it was queued: Queue runs it as it is now"
        >
          <Chip icon={<History size={13} aria-hidden="true" />}>Graph edited since</Chip>
        </span>
      )}
      {isOlder && (
        <Button small kind="quiet" onClick={() => show(null)}>
          Show the newest run
        </Button>
      )}
      <span className={styles.runTitle} title={info.folder ?? info.title}>
        {info.title}
      </span>
      <StateChip state={info.state} />
    </div>
  )
}
