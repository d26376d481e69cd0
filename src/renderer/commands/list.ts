import { openDialog } from '../app/dialog-store.ts'
import { closeTab, newDocument, save, showOpen, showSaveAs } from '../app/file-actions.ts'
import { toggle } from '../app/layout-store.ts'
import { forkShown, interrupt, move, runGraph } from '../app/run-actions.ts'
import { fitAll, openSearch, removeSelected } from '../canvas/actions.ts'
import {
  alignSelected,
  distributeSelected,
  layOut,
  leaveGroup,
  toggleGroup,
  toggleMode,
} from '../canvas/group-actions.ts'
import {
  addReroute,
  nudge,
  openCommands,
  openFind,
  renameSelected,
  showHelp,
  wireSelected,
  zoomBy,
} from '../canvas/key-actions.ts'
import { toggleGradient, toggleShapes } from '../canvas/overlay-store.ts'
import { duplicateSelected } from '../canvas/paste.ts'
import { docNow } from '../canvas/store.ts'
import { enterSelected, leave, makeFromSelection, unpackSelected } from '../canvas/subgraph-actions.ts'
import { endWiring, useWiring } from '../canvas/wiring.ts'
import { showRunPage } from '../runs/page-store.ts'
import { stepCount } from '../runs/step-count.ts'
import { watchSelected } from '../runs/watch/watch-actions.ts'
import { documentStore, tabs } from '../state/index.ts'
import type { CommandInfo, Reach } from './keymap.ts'

export interface Command extends CommandInfo {
  readonly run: () => void
  /** Held down, it is done again and again. */
  readonly repeats?: boolean
}

const command = (
  id: string,
  group: Command['group'],
  title: string,
  keys: string | readonly string[],
  run: () => void,
  more: { readonly reach?: Reach; readonly repeats?: boolean } = {},
): Command => ({
  id,
  group,
  title,
  keys: typeof keys === 'string' ? (keys ? [keys] : []) : keys,
  run,
  reach: 'canvas',
  ...more,
})
const window = { reach: 'window' } as const
const anywhere = { reach: 'anywhere' } as const
const repeats = { repeats: true } as const

const selectAll = (): void => {
  const { document, select } = docNow()
  select({ nodes: Object.keys(document.nodes), wire: null })
}

/** Lets go of the wire that is being drawn; else selects nothing; where nothing is selected, leaves the subgraph. */
const stepOut = (): void => {
  const { selection, select } = docNow()
  if (useWiring.getState().wiring) endWiring()
  else if (selection.wire || selection.nodes.length > 0) select({ nodes: [], wire: null })
  else leave()
}

/** Everything that a person can do by key or by name. */
export const COMMANDS: readonly Command[] = [
  command('run', 'Run', 'Run, or queue', 'Ctrl+Enter', () => void runGraph(), anywhere),
  command('plan', 'Run', 'Plan of the next run', 'Alt+P', () => showRunPage('plan'), window),
  command('interrupt', 'Run', 'Stop', 'Ctrl+Alt+Enter', () => void interrupt(), anywhere),
  command('step', 'Run', 'Step', 'F10', () => void move('step', 1), { ...anywhere, ...repeats }),
  command('stepMany', 'Run', 'Several steps', 'Ctrl+F10', () => void move('step', stepCount()), anywhere),
  command('back', 'Run', 'Back a step', 'F9', () => void move('back', 1), { ...anywhere, ...repeats }),
  command('backMany', 'Run', 'Back several steps', 'Ctrl+F9', () => void move('back', stepCount()), anywhere),
  command('fork', 'Run', 'Fork the shown run…', 'Ctrl+Shift+F10', forkShown, anywhere),
  command('watch', 'Run', 'Watch the selected wire', 'W', watchSelected),

  command('new', 'File', 'New graph', 'Ctrl+Alt+N', newDocument, anywhere),
  command('open', 'File', 'Open a file or a template…', 'Ctrl+O', showOpen, anywhere),
  command('nextTab', 'File', 'Next graph', 'Ctrl+Alt+ArrowRight', () => tabs.turn(1), anywhere),
  command('previousTab', 'File', 'Previous graph', 'Ctrl+Alt+ArrowLeft', () => tabs.turn(-1), anywhere),
  command('closeTab', 'File', 'Close the graph', 'Ctrl+Alt+W', () => closeTab(), anywhere),
  command('save', 'File', 'Save', 'Ctrl+S', () => void save(), anywhere),
  command('saveAs', 'File', 'Save as…', 'Ctrl+Shift+S', showSaveAs, anywhere),

  command('undo', 'Edit', 'Undo', 'Ctrl+Z', () => documentStore.getState().undo(), { ...window, ...repeats }),
  command('redo', 'Edit', 'Redo', ['Ctrl+Shift+Z', 'Ctrl+Y'], () => documentStore.getState().redo(), {
    ...window,
    ...repeats,
  }),
  command('duplicate', 'Edit', 'Duplicate', 'Ctrl+D', duplicateSelected),
  command('delete', 'Edit', 'Delete', ['Delete', 'Backspace'], removeSelected),
  // Wherever the focus is: no one wants the words of all buttons.
  command('selectAll', 'Edit', 'Select everything', 'Ctrl+A', selectAll, window),
  command('escape', 'Edit', 'Select nothing, then leave the subgraph', 'Escape', stepOut),
  command('add', 'Edit', 'Add a node; into the selected wire', 'Ctrl+K', () => openSearch(), anywhere),
  command('connect', 'Edit', 'Wire the selected node', 'C', wireSelected),
  command('reroute', 'Edit', 'Reroute the selected wire', 'R', addReroute),
  command('rename', 'Edit', 'Rename the selected node', 'F2', renameSelected),
  command('bypass', 'Edit', 'Bypass, or run again', 'Ctrl+B', () => toggleMode('bypassed')),
  command('mute', 'Edit', 'Mute, or run again', 'Ctrl+M', () => toggleMode('muted')),

  command('group', 'Arrange', 'Group, or ungroup', 'Ctrl+G', toggleGroup),
  command('leaveGroup', 'Arrange', 'Take out of the group', 'Ctrl+Shift+G', leaveGroup),
  command('left', 'Arrange', 'Move left', 'ArrowLeft', () => nudge([-1, 0]), repeats),
  command('right', 'Arrange', 'Move right', 'ArrowRight', () => nudge([1, 0]), repeats),
  command('up', 'Arrange', 'Move up', 'ArrowUp', () => nudge([0, -1]), repeats),
  command('down', 'Arrange', 'Move down', 'ArrowDown', () => nudge([0, 1]), repeats),
  command('farLeft', 'Arrange', 'Move left, far', 'Shift+ArrowLeft', () => nudge([-5, 0]), repeats),
  command('farRight', 'Arrange', 'Move right, far', 'Shift+ArrowRight', () => nudge([5, 0]), repeats),
  command('farUp', 'Arrange', 'Move up, far', 'Shift+ArrowUp', () => nudge([0, -5]), repeats),
  command('farDown', 'Arrange', 'Move down, far', 'Shift+ArrowDown', () => nudge([0, 5]), repeats),
  command('layOut', 'Arrange', 'Lay out the selection, or everything', 'Ctrl+Shift+L', layOut),
  command('alignLeft', 'Arrange', 'Align left edges', 'Alt+A', () => alignSelected('left')),
  command('alignCentre', 'Arrange', 'Align centres', 'Alt+H', () => alignSelected('centre')),
  command('alignRight', 'Arrange', 'Align right edges', 'Alt+D', () => alignSelected('right')),
  command('alignTop', 'Arrange', 'Align top edges', 'Alt+W', () => alignSelected('top')),
  command('alignMiddle', 'Arrange', 'Align middles', 'Alt+V', () => alignSelected('middle')),
  command('alignBottom', 'Arrange', 'Align bottom edges', 'Alt+S', () => alignSelected('bottom')),
  command('distributeAcross', 'Arrange', 'Distribute across', 'Alt+Shift+H', () => distributeSelected(0)),
  command('distributeDown', 'Arrange', 'Distribute down', 'Alt+Shift+V', () => distributeSelected(1)),

  command('makeSubgraph', 'Subgraphs', 'Make a subgraph of the selection', 'Ctrl+Shift+E', makeFromSelection),
  command('unpackSubgraph', 'Subgraphs', 'Unpack the selected subgraph', 'Ctrl+Shift+U', unpackSelected),
  command(
    'importSubgraph',
    'Subgraphs',
    'Add a subgraph from a file…',
    '',
    () => openDialog({ kind: 'import' }),
    window,
  ),
  command('enterSubgraph', 'Subgraphs', 'Enter the selected subgraph', 'Alt+ArrowDown', enterSelected),
  command('leaveSubgraph', 'Subgraphs', 'Leave the subgraph', 'Alt+ArrowUp', () => void leave()),

  command('find', 'Find', 'Find in the graph', 'Ctrl+F', openFind, anywhere),
  command('commands', 'Find', 'All commands', 'Ctrl+Shift+P', openCommands, anywhere),
  command('nodeHelp', 'Find', 'About the selected node', 'F1', showHelp),

  command('fit', 'Window', 'Fit everything', '.', fitAll),
  command('shapes', 'Window', 'Shapes on all wires, or not', 'T', toggleShapes),
  command('gradient', 'Window', 'Gradient on all wires, or not', 'G', toggleGradient),
  command('zoomIn', 'Window', 'Zoom in', '+', () => zoomBy('in'), repeats),
  command('zoomOut', 'Window', 'Zoom out', '-', () => zoomBy('out'), repeats),
  command('palette', 'Window', 'Show or hide the nodes', '', () => toggle('palette'), window),
  command('runs', 'Window', 'Show or hide the runs', '', () => toggle('runs'), window),
  command('inspector', 'Window', 'Show or hide the inspector', '', () => toggle('inspector'), window),
  command('settings', 'Window', 'Settings…', 'Ctrl+,', () => openDialog({ kind: 'settings' }), anywhere),
  command('keys', 'Window', 'Keyboard shortcuts', '?', () => openDialog({ kind: 'shortcuts' }), window),
]
