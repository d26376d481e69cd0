import { useMemo } from 'react'
import { shownRun, useRuns } from '../state/index.ts'
import { whole } from '../ui/format.ts'
import styles from './EditList.module.css'
import { changeText } from './live-params.ts'

/** What was changed while a Train trained: the lines with a diamond in its charts, in words. */
export function EditList({ train }: { readonly train: string }) {
  const all = useRuns(state => shownRun(state)?.edits)
  const edits = useMemo(() => (all ?? []).filter(e => e.train === train), [all, train])
  if (edits.length === 0) return null
  return (
    <ul className={styles.edits} aria-label="Changed while it trained">
      {edits.map((edit, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list only grows and is cut at its end
        <li key={i}>
          <span className={styles.diamond} aria-hidden="true" />
          step {whole(edit.step)}: {changeText(edit)}
        </li>
      ))}
    </ul>
  )
}
