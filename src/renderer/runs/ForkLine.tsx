import { GitFork } from 'lucide-react'
import type { RunFork } from '../../protocol/workbench.ts'
import { useRuns } from '../state/index.ts'
import { whole } from '../ui/format.ts'
import styles from './EditList.module.css'

/** `forked from 2026-11-26T04-12-05-clip-9f3a1c at step 8`: shows the other run where it is known. */
export function ForkLine({ fork }: { readonly fork: RunFork }) {
  const parent = useRuns(state => state.history.find(info => info.folder === fork.folder))
  const show = useRuns(state => state.show)
  const name = fork.folder.split(/[\\/]/).at(-1)
  return (
    <span className={styles.fork} data-testid="fork">
      <GitFork size={12} aria-hidden="true" />
      forked from{' '}
      {parent ? (
        <button type="button" title="Show that run" onClick={() => show(parent.id)}>
          {name}
        </button>
      ) : (
        name
      )}{' '}
      at step {whole(fork.step)}
    </span>
  )
}
