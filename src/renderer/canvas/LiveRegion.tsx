import { useEffect, useRef, useState } from 'react'
import type { Diagnostic } from '../../graph/diagnostic.ts'
import { useDocument } from '../state/index.ts'
import { useSaid } from '../state/say.ts'
import { plural } from '../ui/format.ts'
import styles from './Canvas.module.css'

const textOf = (d: Diagnostic): string => `${d.node ?? 'graph'}${d.port ? ` ${d.port}` : ''}: ${d.message}`

/** What an edit has brought or mended, in words for a screen reader. */
export function changeOfFaults(before: readonly Diagnostic[], now: readonly Diagnostic[]): string {
  const old = new Set(before.map(textOf))
  const fresh = now.map(textOf).filter(text => !old.has(text))
  if (fresh.length) return fresh.slice(0, 3).join('. ')
  if (now.length >= before.length) return ''
  return now.length === 0 ? 'No problems left' : `${plural(now.length, 'problem')} left`
}

export function LiveRegion() {
  const id = useDocument(state => state.id)
  const diagnostics = useDocument(state => state.checked.diagnostics)
  const last = useRef({ id, diagnostics })
  const [said, say] = useState('')
  const { text, nth } = useSaid()
  useEffect(() => {
    const before = last.current
    last.current = { id, diagnostics }
    if (before.id === id && before.diagnostics !== diagnostics)
      say(changeOfFaults(before.diagnostics, diagnostics))
  }, [id, diagnostics])
  return (
    <>
      <div className={styles.unseen} aria-live="polite" data-testid="said">
        {/* The same words again are another saying. */}
        <span key={nth}>{text}</span>
      </div>
      <div className={styles.unseen} aria-live="polite">
        {said}
      </div>
    </>
  )
}
