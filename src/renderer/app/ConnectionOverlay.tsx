import { PlugZap, Unplug } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useDocument, useSession } from '../state/index.ts'
import { Progress } from '../ui/Progress.tsx'
import styles from './ConnectionOverlay.module.css'

/** A loss that is over before this is not worth a word. */
const PATIENCE_MS = 600

/** Says that the host is gone. The document stays as it is behind it, and edits wait to be kept. */
export function ConnectionOverlay() {
  const connection = useSession(s => s.connection)
  const [late, setLate] = useState(false)
  const away = connection.state === 'lost'
  useEffect(() => {
    if (!away) return
    const timer = setTimeout(() => setLate(true), PATIENCE_MS)
    return () => {
      clearTimeout(timer)
      setLate(false)
    }
  }, [away])
  if (connection.state === 'closed')
    return (
      <div className={styles.overlay} role="alertdialog" aria-label="Not connected">
        <div className={styles.box}>
          <h2 className={styles.title}>
            <Unplug size={18} /> Not connected
          </h2>
          <p className={styles.text}>{connection.reason}</p>
          <Kept />
        </div>
      </div>
    )
  if (!away || !late) return null
  return (
    <div className={styles.overlay} role="alertdialog" aria-label="Reconnecting">
      <div className={styles.box}>
        <h2 className={styles.title}>
          <PlugZap size={18} /> Reconnecting…
        </h2>
        <p className={styles.text}>
          The connection to Diptych is lost. It may have been stopped, or this computer was asleep.
        </p>
        <Kept />
        <Progress label="Reconnecting" className={styles.bar} />
      </div>
    </div>
  )
}

function Kept() {
  const dirty = useDocument(s => s.dirty)
  return dirty ? <p className={styles.text}>Your edits are still in this window: keep it open.</p> : null
}
