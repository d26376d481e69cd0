import { type FormEvent, useState } from 'react'
import { documentStore } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Field, TextInput } from '../ui/Field.tsx'
import { closeDialog } from './dialog-store.ts'
import { FolderList } from './FolderList.tsx'
import { fileName, inFolder, wrongName } from './file-name.ts'
import styles from './files.module.css'
import { folderOf } from './OpenGraphDialog.tsx'
import { useFolder } from './use-folder.ts'

export interface FileDialogProps {
  readonly title: string
  readonly action: string
  /** `.json` */
  readonly ending: string
  readonly about?: string
  /** The name to begin with; otherwise that of the document. */
  readonly name?: string
  /** True when it is written. `replace`: a person agreed to lose the file that is there. */
  readonly write: (path: string, replace: boolean) => Promise<boolean>
}

/** Asks for a folder and a name. */
export function FileDialog({ title, action, ending, about, name: wish, write }: FileDialogProps) {
  const { document, path } = documentStore.getState()
  const folder = useFolder(folderOf(path))
  const [name, setName] = useState(() =>
    wish === undefined ? firstName(path, document.meta.title, ending) : wish + ending,
  )
  const [busy, setBusy] = useState(false)
  const whole = name.endsWith(ending) ? name : name + ending
  const { listing } = folder
  const wrong = wrongName(name)
  const target = listing && !wrong ? inFolder(listing.folder, whole) : null
  const taken = listing?.entries.some(e => e.name === whole) ?? false
  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    if (target === null || busy) return
    setBusy(true)
    const done = await write(target, taken)
    setBusy(false)
    if (done) closeDialog()
  }
  return (
    <Dialog
      title={title}
      width={560}
      onClose={closeDialog}
      footer={
        <>
          <Button onClick={closeDialog}>Cancel</Button>
          <Button
            kind="primary"
            disabled={wrong ?? (busy || target === null ? '' : false)}
            onClick={() => void submit()}
          >
            {taken ? 'Replace' : action}
          </Button>
        </>
      }
    >
      <form className={styles.save} onSubmit={submit}>
        {about && <p>{about}</p>}
        <FolderList
          folder={folder}
          show={e => e.name.endsWith(ending)}
          onPick={picked => setName(picked.split(/[\\/]/).at(-1)!)}
          empty="Nothing in this folder yet."
          className={styles.folder}
        />
        <Field label="Name" error={wrong} hint={taken ? 'This file exists: it will be replaced.' : target}>
          {props => (
            <TextInput
              {...props}
              data-first-focus
              value={name}
              onChange={e => setName(e.currentTarget.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  )
}

function firstName(path: string | null, title: string, ending: string): string {
  const own = path
    ?.split(/[\\/]/)
    .at(-1)
    ?.replace(/\.[^.]+$/, '')
  return (own ?? fileName(title)) + ending
}
