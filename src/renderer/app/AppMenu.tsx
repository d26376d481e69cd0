import {
  Boxes,
  Command,
  FilePlus2,
  FolderOpen,
  Keyboard,
  Menu as MenuIcon,
  Package,
  Save,
  SaveAll,
  Search,
  Settings,
} from 'lucide-react'
import { openCommands, openFind } from '../canvas/key-actions.ts'
import { useShownKeys } from '../commands/use-shown-keys.ts'
import { shownRun, useDocument, useRuns } from '../state/index.ts'
import { IconButton } from '../ui/Button.tsx'
import { Menu } from '../ui/Menu.tsx'
import { openDialog } from './dialog-store.ts'
import { newDocument, save, showOpen, showSaveAs } from './file-actions.ts'

export function AppMenu() {
  const keys = useShownKeys()
  const reading = useDocument(s => s.lease.mode === 'reader')
  const clean = useDocument(s => !s.dirty && s.path !== null)
  const run = useRuns(s => shownRun(s)?.info ?? null)
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
        { text: 'New', icon: <FilePlus2 size={15} />, shortcut: keys('new'), run: newDocument },
        { text: 'Open…', icon: <FolderOpen size={15} />, shortcut: keys('open'), run: showOpen },
        'line',
        {
          text: 'Save',
          icon: <Save size={15} />,
          shortcut: keys('save'),
          disabled: reading ? 'This document is read-only here' : clean ? 'Nothing was edited' : false,
          run: () => void save(),
        },
        {
          text: 'Save as…',
          icon: <SaveAll size={15} />,
          shortcut: keys('saveAs'),
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
          text: 'Add a subgraph from a file…',
          icon: <Boxes size={15} />,
          disabled: reading && 'This document is read-only here',
          run: () => openDialog({ kind: 'import' }),
        },
        {
          text: 'Find in the graph',
          icon: <Search size={15} />,
          shortcut: keys('find'),
          run: openFind,
        },
        {
          text: 'All commands',
          icon: <Command size={15} />,
          shortcut: keys('commands'),
          run: openCommands,
        },
        'line',
        {
          text: 'Settings…',
          icon: <Settings size={15} />,
          shortcut: keys('settings'),
          run: () => openDialog({ kind: 'settings' }),
        },
        {
          text: 'Keyboard shortcuts',
          icon: <Keyboard size={15} />,
          shortcut: keys('keys'),
          run: () => openDialog({ kind: 'shortcuts' }),
        },
      ]}
      trigger={props => <IconButton {...props} label="File" icon={<MenuIcon size={16} />} />}
    />
  )
}
