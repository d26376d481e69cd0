import { Trash2 } from 'lucide-react'
import { useId, useState } from 'react'
import { closeDialog } from '../app/dialog-store.ts'
import { useRuns } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Field, TextInput } from '../ui/Field.tsx'

interface Props {
  readonly run: string
}

/** As long as a line of the list may be. */
const LONGEST = 200

/** Gives a run a name by which it is told from others of its graph. */
export function RenameRunDialog({ run }: Props) {
  const title = useRuns(state => state.infos.find(info => info.id === run)?.title ?? '')
  const rename = useRuns(state => state.rename)
  const [text, setText] = useState(title)
  const form = useId()
  const off = text.trim() === '' && 'It needs a name'
  return (
    <Dialog
      title="Name this run"
      onClose={closeDialog}
      footer={
        <>
          <Button onClick={closeDialog}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} disabled={off}>
            Name
          </Button>
        </>
      }
    >
      <form
        id={form}
        onSubmit={event => {
          event.preventDefault()
          if (off !== false) return
          closeDialog()
          void rename(run, text.trim())
        }}
      >
        <Field label="Name" hint="The graph keeps its own title.">
          {props => (
            <TextInput
              {...props}
              data-first-focus
              maxLength={LONGEST}
              value={text}
              onFocus={event => event.target.select()}
              onChange={event => setText(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  )
}

/** Asks once more: a folder that is deleted can't be brought back. */
export function DeleteRunDialog({ run }: Props) {
  const info = useRuns(state => state.infos.find(one => one.id === run))
  const remove = useRuns(state => state.delete)
  if (!info) return null
  const confirm = () => {
    closeDialog()
    void remove(run)
  }
  return (
    <Dialog
      title="Delete this run?"
      onClose={closeDialog}
      footer={
        <>
          <Button data-first-focus onClick={closeDialog}>
            Cancel
          </Button>
          <Button kind="danger" icon={<Trash2 size={14} />} onClick={confirm}>
            Delete
          </Button>
        </>
      }
    >
      <p>
        “{info.title}”, with its checkpoints, metrics and reports, is deleted from the disk for good. The
        graph stays, and so do results in the cache.
      </p>
      {info.folder !== null && (
        <p>
          <code>{info.folder}</code>
        </p>
      )}
    </Dialog>
  )
}
