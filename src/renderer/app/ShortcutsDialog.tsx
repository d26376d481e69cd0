import { Dialog } from '../ui/Dialog.tsx'
import { closeDialog } from './dialog-store.ts'
import styles from './ShortcutsDialog.module.css'
import { showKeys } from './shortcuts.ts'
import { onMac } from './use-shortcuts.ts'

const GROUPS = [
  {
    title: 'Run',
    keys: [
      ['Run, or queue', 'Ctrl+Enter'],
      ['Stop', 'Ctrl+Alt+Enter'],
      ['Step', 'F10'],
      ['Several steps', 'Ctrl+F10'],
      ['Back a step', 'F9'],
      ['Back several steps', 'Ctrl+F9'],
    ],
  },
  {
    title: 'File',
    keys: [
      ['Open', 'Ctrl+O'],
      ['Save', 'Ctrl+S'],
      ['Save as', 'Ctrl+Shift+S'],
    ],
  },
  {
    title: 'Edit',
    keys: [
      ['Undo', 'Ctrl+Z'],
      ['Redo', 'Ctrl+Shift+Z'],
      ['Copy, cut, paste', 'Ctrl+C'],
      ['Duplicate', 'Ctrl+D'],
      ['Delete', 'Delete'],
      ['Select everything', 'Ctrl+A'],
      ['Select nothing', 'Esc'],
    ],
  },
  {
    title: 'Canvas',
    keys: [
      ['Add a node by name', 'Ctrl+K'],
      ['Wire the selected node', 'C'],
      ['Move the selected nodes', 'Arrows'],
      ['Fit everything', '.'],
      ['Pan', 'Space and drag'],
    ],
  },
] as const

export function ShortcutsDialog() {
  const mac = onMac()
  return (
    <Dialog title="Keyboard shortcuts" onClose={closeDialog} width={640}>
      <div className={styles.groups}>
        {GROUPS.map(({ title, keys }) => (
          <section key={title} className={styles.group}>
            <h3>{title}</h3>
            {keys.map(([what, key]) => (
              <div key={what} className={styles.row}>
                <span>{what}</span>
                <kbd>{showKeys(key, mac)}</kbd>
              </div>
            ))}
          </section>
        ))}
      </div>
    </Dialog>
  )
}
