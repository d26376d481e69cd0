import { documentStore } from '../state/index.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { closeDialog } from './dialog-store.ts'
import { FolderList } from './FolderList.tsx'
import styles from './files.module.css'
import { folderOf } from './OpenGraphDialog.tsx'
import { useFolder } from './use-folder.ts'

interface Props {
  readonly title: string
  readonly pick: (path: string) => Promise<void>
}

/** Picks the file of a subgraph. */
export function ImportDialog({ title, pick }: Props) {
  const folder = useFolder(folderOf(documentStore.getState().path))
  return (
    <Dialog title={title} onClose={closeDialog} width={560}>
      <div className={styles.save}>
        <FolderList
          folder={folder}
          show={e => e.name.endsWith('.json')}
          onPick={path => {
            closeDialog()
            void pick(path)
          }}
          empty="No graphs in this folder."
          className={styles.folder}
        />
      </div>
    </Dialog>
  )
}
