import { FilePlus2, FolderOpen, Keyboard, Menu as MenuIcon, Package, Save, SaveAll } from 'lucide-react'
import { shownRun, useDocument, useRuns } from '../state/index.ts'
import { IconButton } from '../ui/Button.tsx'
import { Menu } from '../ui/Menu.tsx'
import { openDialog } from './dialog-store.ts'
import { newDocument, save, showOpen, showSaveAs } from './file-actions.ts'
import { showKeys } from './shortcuts.ts'
import { onMac } from './use-shortcuts.ts'

export function AppMenu() {
  const reading = useDocument(s => s.lease.mode === 'reader')
  const clean = useDocument(s => !s.dirty && s.path !== null)
  const run = useRuns(s => shownRun(s)?.info ?? null)
  const mac = onMac()
  const noBundle =
    run === null
      ? 'Run the graph first: a bundle holds its results'
      : run.state === 'completed'
        ? false
        : 'The shown run is not complete'
  return (
    <Menu
      label="File"
      items={[
        { text: 'New', icon: <FilePlus2 size={15} />, run: newDocument },
        { text: 'Open…', icon: <FolderOpen size={15} />, shortcut: showKeys('Ctrl+O', mac), run: showOpen },
        'line',
        {
          text: 'Save',
          icon: <Save size={15} />,
          shortcut: showKeys('Ctrl+S', mac),
          disabled: reading ? 'This document is read-only here' : clean ? 'Nothing was edited' : false,
          run: () => void save(),
        },
        {
          text: 'Save as…',
          icon: <SaveAll size={15} />,
          shortcut: showKeys('Ctrl+Shift+S', mac),
          run: showSaveAs,
        },
        {
          text: 'Export bundle…',
          icon: <Package size={15} />,
          disabled: noBundle,
          run: () => run && openDialog({ kind: 'bundle', run: run.id }),
        },
        'line',
        {
          text: 'Keyboard shortcuts',
          icon: <Keyboard size={15} />,
          shortcut: '?',
          run: () => openDialog({ kind: 'shortcuts' }),
        },
      ]}
      trigger={props => <IconButton {...props} label="File" icon={<MenuIcon size={16} />} />}
    />
  )
}
