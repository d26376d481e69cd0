import { OctagonAlert } from 'lucide-react'
import { useState } from 'react'
import { runsStore, shownRun, useRuns, useSession } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import { Notice } from './Notice.tsx'
import styles from './Notices.module.css'
import { checkpointOf } from './run-controls.ts'

/** The engine has crashed: why, and the ways to go on. The document was never in it. */
export function EngineNotice() {
  const engine = useSession(s => s.engine)
  const restart = useSession(s => s.restartEngine)
  const run = useRuns(shownRun)
  const [open, setOpen] = useState(false)
  if (engine.state !== 'crashed') return null
  const { info } = run ?? {}
  const resumable = info?.resumable && (info.state === 'interrupted' || info.state === 'failed')
  const resume = async () => {
    await restart()
    if (info) await runsStore.getState().goOn(info.id)
  }
  return (
    <Notice
      kind="bad"
      icon={<OctagonAlert size={17} />}
      title={engine.reason}
      more="Your graph is untouched."
      actions={
        <>
          {engine.log && (
            <Button kind="quiet" small aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? 'Hide log' : 'Show log'}
            </Button>
          )}
          {resumable && (
            <Button kind="primary" small onClick={() => void resume()}>
              Resume from {checkpointOf(run)}
            </Button>
          )}
          <Button small onClick={() => void restart()}>
            Restart engine
          </Button>
        </>
      }
    >
      {open && <pre className={styles.log}>{engine.log}</pre>}
    </Notice>
  )
}
