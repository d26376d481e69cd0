import { Plus, RotateCcw, TriangleAlert, X } from 'lucide-react'
import { type KeyboardEvent, useMemo, useState } from 'react'
import { chordOf, onMac, showKeys } from '../commands/chord.ts'
import { conflictsOf, keysOf, type OwnKeys, withKeys } from '../commands/keymap.ts'
import { COMMANDS, type Command } from '../commands/list.ts'
import { sessionStore, useSession } from '../state/index.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { TextInput } from '../ui/Field.tsx'
import { closeDialog } from './dialog-store.ts'
import styles from './ShortcutsDialog.module.css'

/** The browser's own, which no page can give to something else. */
const FIXED = [
  ['Copy, cut, paste', ['Ctrl+C', 'Ctrl+X', 'Ctrl+V']],
  ['Pan', ['Space']],
] as const

/** Every command with its keys, which a person may change; what shares a key says so. */
export function ShortcutsDialog() {
  const own = useSession(s => s.settings.keys)
  const { setKeys } = sessionStore.getState()
  const [query, setQuery] = useState('')
  const conflicts = useMemo(() => conflictsOf(COMMANDS, own), [own])
  const groups = useMemo(() => {
    const q = query.trim().toLowerCase()
    const found = COMMANDS.filter(c =>
      `${c.title} ${c.group} ${keysOf(c, own).join(' ')}`.toLowerCase().includes(q),
    )
    const titles = [...new Set(found.map(c => c.group))]
    return titles.map(title => [title, found.filter(c => c.group === title)] as const)
  }, [query, own])
  return (
    <Dialog
      title="Keyboard shortcuts"
      onClose={closeDialog}
      width={640}
      footer={
        <>
          <Button
            disabled={Object.keys(own).length === 0 && 'All keys are the usual ones'}
            onClick={() => setKeys({})}
          >
            Reset all
          </Button>
          <Button kind="primary" onClick={closeDialog}>
            Done
          </Button>
        </>
      }
    >
      <TextInput
        data-first-focus
        aria-label="Search commands and keys"
        placeholder="Search commands and keys"
        value={query}
        onChange={event => setQuery(event.currentTarget.value)}
      />
      <div className={styles.list}>
        {groups.map(([title, commands]) => (
          <section key={title} className={styles.group} aria-label={title}>
            <h3>{title}</h3>
            {commands.map(command => (
              <Row key={command.id} command={command} own={own} conflicts={conflicts} />
            ))}
          </section>
        ))}
        {query === '' && (
          <section className={styles.group} aria-label="Not to be changed">
            <h3>Not to be changed</h3>
            {FIXED.map(([what, keys]) => (
              <div key={what} className={styles.row}>
                <span className={styles.what}>{what}</span>
                {keys.map(key => (
                  <kbd key={key} className={styles.key}>
                    {showKeys(key, onMac())}
                  </kbd>
                ))}
              </div>
            ))}
          </section>
        )}
      </div>
    </Dialog>
  )
}

interface RowProps {
  readonly command: Command
  readonly own: OwnKeys
  readonly conflicts: ReadonlyMap<string, readonly Command[]>
}

function Row({ command, own, conflicts }: RowProps) {
  const { setKeys } = sessionStore.getState()
  const [listening, setListening] = useState(false)
  const keys = keysOf(command, own)
  const mac = onMac()
  const change = (next: readonly string[]) => setKeys(withKeys(own, command, next))
  const shared = keys.flatMap(key =>
    (conflicts.get(key) ?? [])
      .filter(other => other.id !== command.id)
      .map(other => `${showKeys(key, mac)}: ${other.title}`),
  )
  const onKeyDown = (event: KeyboardEvent) => {
    if (!listening) return
    event.preventDefault()
    event.stopPropagation()
    const chord = chordOf(event.nativeEvent, mac)
    if (chord === undefined) return
    setListening(false)
    if (chord !== 'Tab' && !keys.includes(chord)) change([...keys, chord])
  }
  return (
    <div className={styles.row}>
      <span className={styles.what}>
        {command.title}
        {shared.length > 0 && (
          <span className={styles.conflict} role="alert">
            <TriangleAlert size={12} aria-hidden="true" />
            also {shared.join(', ')}
          </span>
        )}
      </span>
      {keys.map(key => (
        <kbd key={key} className={styles.key} data-shared={conflicts.has(key) || undefined}>
          {showKeys(key, mac)}
          <button
            type="button"
            aria-label={`Take ${showKeys(key, mac)} from ${command.title}`}
            onClick={() => change(keys.filter(one => one !== key))}
          >
            <X size={11} aria-hidden="true" />
          </button>
        </kbd>
      ))}
      <button
        type="button"
        className={styles.add}
        data-listening={listening || undefined}
        aria-label={`Add a key for ${command.title}`}
        aria-pressed={listening}
        onClick={() => setListening(!listening)}
        onBlur={() => setListening(false)}
        onKeyDown={onKeyDown}
      >
        {listening ? 'Press keys…' : <Plus size={13} aria-hidden="true" />}
      </button>
      <IconButton
        small
        label={`Usual keys of ${command.title}`}
        icon={<RotateCcw size={13} />}
        disabled={!Object.hasOwn(own, command.id) && 'These are its usual keys'}
        onClick={() => change(command.keys)}
      />
    </div>
  )
}
