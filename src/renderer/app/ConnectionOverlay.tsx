import { Download, PlugZap, Unplug } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useDocument, useSession } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import { Progress } from '../ui/Progress.tsx'
import styles from './ConnectionOverlay.module.css'
import { download } from './file-actions.ts'

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
      <Overlay label="Not connected">
        <h2 className={styles.title}>
          <Unplug size={18} /> Not connected
        </h2>
        <p className={styles.text}>{connection.reason}</p>
        <Kept />
      </Overlay>
    )
  if (!away) return null
  return (
    <Overlay label="Reconnecting" unseen={!late}>
      <h2 className={styles.title}>
        <PlugZap size={18} /> Reconnecting…
      </h2>
      <p className={styles.text}>
        The connection to Diptych is lost. It may have been stopped, or this computer was asleep.
      </p>
      <Kept />
      <Progress label="Reconnecting" className={styles.bar} />
    </Overlay>
  )
}

interface OverlayProps {
  readonly label: string
  /** It is in the way already, and not shown yet. */
  readonly unseen?: boolean
  readonly children: ReactNode
}

/** Over everything, dialogs too: nothing behind it hears a key, for no edit would be kept. */
function Overlay({ label, unseen, children }: OverlayProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current!
    element.showModal()
    // Not its button: someone may be typing just now, and the space bar would press it.
    element.focus()
    // Gives the focus back to where it was.
    return () => element.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      tabIndex={-1}
      className={styles.overlay}
      data-unseen={unseen || undefined}
      role="alertdialog"
      aria-label={label}
      onCancel={event => event.preventDefault()}
      // Browsers let the second Escape through.
      onClose={event => event.currentTarget.isConnected && event.currentTarget.showModal()}
    >
      <div className={styles.box}>{children}</div>
    </dialog>
  )
}

function Kept() {
  const dirty = useDocument(s => s.dirty)
  if (!dirty) return null
  return (
    <>
      <p className={styles.text}>
        Edits of the last moment may be in this window only: keep it open, or download the graph as it is
        here.
      </p>
      <div className={styles.actions}>
        <Button small icon={<Download size={14} />} onClick={download}>
          Download the graph
        </Button>
      </div>
    </>
  )
}
