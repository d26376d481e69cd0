import type { ReactNode } from 'react'
import { NumberField } from '../inspector/fields/NumberField.tsx'
import { ChoiceField } from '../inspector/fields/SmallFields.tsx'
import { sessionStore, useSession } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { plural } from '../ui/format.ts'
import { closeDialog, openDialog } from './dialog-store.ts'
import { FolderSettings } from './FolderSettings.tsx'
import styles from './SettingsDialog.module.css'
import { THEMES } from './ThemeMenu.tsx'

/** What holds for all graphs of this person, and from when on a change counts. */
export function SettingsDialog() {
  return (
    <Dialog
      title="Settings"
      onClose={closeDialog}
      width={640}
      footer={
        <Button kind="primary" onClick={closeDialog}>
          Done
        </Button>
      }
    >
      <Theme />
      <Memory />
      <FolderSettings />
      <Recent />
      <Row title="Keyboard shortcuts" help="Every command can have keys of its own. They count at once.">
        <Button small onClick={() => openDialog({ kind: 'shortcuts' })}>
          Keyboard shortcuts…
        </Button>
      </Row>
    </Dialog>
  )
}

interface RowProps {
  readonly title: string
  readonly help: string
  /** Of the input that the title names. */
  readonly id?: string
  readonly children: ReactNode
}

function Row({ title, help, id, children }: RowProps) {
  return (
    <section className={styles.row}>
      <div>
        <h3 className={styles.title}>{id === undefined ? title : <label htmlFor={id}>{title}</label>}</h3>
        <p id={id && `${id}-help`} className={styles.help}>
          {help}
        </p>
      </div>
      <div className={styles.control}>{children}</div>
    </section>
  )
}

function Theme() {
  const theme = useSession(s => s.settings.theme)
  const { setTheme } = sessionStore.getState()
  return (
    <Row title="Theme" help="Counts at once, in all windows." id="setting-theme">
      <ChoiceField
        id="setting-theme"
        describedBy="setting-theme-help"
        name="theme"
        value={theme}
        isDefault={false}
        bad={false}
        set={chosen => setTheme(THEMES.find(t => t.theme === chosen)!.theme)}
        options={THEMES.map(t => ({ value: t.theme, label: t.text }))}
      />
    </Row>
  )
}

/** What the host takes. */
const MEGABYTES = { type: 'integer', minimum: 0, maximum: 1_000_000 }

function Memory() {
  const megabytes = useSession(s => s.settings.snapshotMegabytes)
  const { setSnapshotMegabytes } = sessionStore.getState()
  return (
    <Row
      title="Memory for going back, in MB"
      help="A training keeps states in the machine’s memory, to step back to at once. With 0 none is kept: going back makes the steps from a checkpoint, or from the start, again. Counts from the next run on."
      id="setting-memory"
    >
      <NumberField
        id="setting-memory"
        describedBy="setting-memory-help"
        name="memory for going back"
        value={megabytes}
        schema={MEGABYTES}
        integer
        strict
        isDefault={false}
        bad={false}
        set={value => setSnapshotMegabytes(value ?? 0)}
      />
    </Row>
  )
}

function Recent() {
  const count = useSession(s => s.settings.recent.length)
  const { forgetRecent } = sessionStore.getState()
  return (
    <Row
      title="Recent graphs"
      help={`${plural(count, 'graph')} that ${count === 1 ? 'was' : 'were'} opened before can be opened again from a list. The files stay where they are.`}
    >
      <Button small disabled={count === 0 && 'The list is empty'} onClick={forgetRecent}>
        Empty the list
      </Button>
    </Row>
  )
}
