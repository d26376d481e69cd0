import { ChevronRight } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import styles from './inspector.module.css'

/** Which sections are closed, for all nodes alike. */
const closed = new Set<string>()

interface Props {
  readonly title: string
  readonly note?: string
  /** A button for all that is in it, at the right of its title. */
  readonly action?: ReactNode
  readonly children: ReactNode
}

/** A part of the inspector that can be folded away; it stays so for the next node. */
export function Section({ title, note, action, children }: Props) {
  const [open, setOpen] = useState(!closed.has(title))
  const id = useId()
  const toggle = () => {
    if (open) closed.add(title)
    else closed.delete(title)
    setOpen(!open)
  }
  return (
    <section className={styles.section}>
      <div className={styles.sectionHead}>
        <h3>
          <button
            type="button"
            className={styles.sectionButton}
            aria-expanded={open}
            aria-controls={id}
            onClick={toggle}
          >
            <ChevronRight size={13} className={styles.sectionArrow} />
            {title}
            {note && <span className={styles.sectionNote}>{note}</span>}
          </button>
        </h3>
        {action && <span className={styles.sectionAction}>{action}</span>}
      </div>
      {open && (
        <div id={id} className={styles.sectionBody}>
          {children}
        </div>
      )}
    </section>
  )
}
