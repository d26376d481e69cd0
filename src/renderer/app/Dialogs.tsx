import { ForkDialog } from '../runs/ForkDialog.tsx'
import { DeleteRunDialog, RenameRunDialog } from '../runs/RunDialogs.tsx'
import { documentActions, documentStore } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { closeDialog, type OpenDialog, useDialogs } from './dialog-store.ts'
import { FileDialog } from './FileDialog.tsx'
import { importSubgraph, save, share, updateSubgraph } from './file-actions.ts'
import { ImportDialog } from './ImportDialog.tsx'
import { OpenGraphDialog } from './OpenGraphDialog.tsx'
import { SettingsDialog } from './SettingsDialog.tsx'
import { ShortcutsDialog } from './ShortcutsDialog.tsx'

export function Dialogs() {
  const dialog = useDialogs(s => s.dialog)
  switch (dialog?.kind) {
    case undefined:
      return null
    case 'open':
      return <OpenGraphDialog />
    case 'save':
      return (
        <FileDialog
          title="Save as"
          action="Save"
          ending=".json"
          write={(path, replace) => documentActions.saveAs(path, replace)}
        />
      )
    case 'share':
      return (
        <FileDialog
          title="Save the subgraph as a file"
          action="Save"
          ending=".json"
          name={dialog.def}
          about="The file holds the subgraph and all that it is made of. Others add it to their graphs from there."
          write={(path, replace) => share(dialog.def, path, replace)}
        />
      )
    case 'import':
      return <ImportDialog title="Add a subgraph from a file" pick={importSubgraph} />
    case 'update':
      return (
        <ImportDialog
          title={`Update “${dialog.def}” from a file`}
          pick={path => updateSubgraph(dialog.def, path)}
        />
      )
    case 'bundle':
      return (
        <FileDialog
          title="Export bundle"
          action="Export"
          ending=".dpt"
          about="A bundle holds the graph and the results of the shown run, so that others see both."
          write={path => documentActions.exportBundle(dialog.run, path)}
        />
      )
    case 'fork':
      return <ForkDialog run={dialog.run} />
    case 'rename-run':
      return <RenameRunDialog run={dialog.run} />
    case 'delete-run':
      return <DeleteRunDialog run={dialog.run} />
    case 'unsaved':
      return <UnsavedDialog dialog={dialog} />
    case 'settings':
      return <SettingsDialog />
    case 'shortcuts':
      return <ShortcutsDialog />
  }
}

function UnsavedDialog({ dialog }: { readonly dialog: Extract<OpenDialog, { kind: 'unsaved' }> }) {
  const { title } = documentStore.getState().document.meta
  const drop = () => {
    closeDialog()
    dialog.next()
  }
  const keep = async () => {
    closeDialog()
    if (await save()) dialog.next()
  }
  return (
    <Dialog
      title="Save your edits?"
      onClose={closeDialog}
      footer={
        <>
          <Button onClick={closeDialog}>Cancel</Button>
          <Button kind="danger" onClick={drop}>
            Don't save
          </Button>
          <Button kind="primary" data-first-focus onClick={() => void keep()}>
            Save
          </Button>
        </>
      }
    >
      <p>“{title}” was edited since it was saved. Without saving, these edits are lost.</p>
    </Dialog>
  )
}
