import { FolderSearch, X } from 'lucide-react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { messageOf } from '../host/fault.ts'
import { hostClient, sessionStore, useSession } from '../state/index.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import { Field, TextInput } from '../ui/Field.tsx'
import { FolderList } from './FolderList.tsx'
import styles from './SettingsDialog.module.css'
import { useFolder } from './use-folder.ts'

/** The files and folders outside their own that graphs may be looked into before they are run. */
export function FolderSettings() {
  const places = useSession(s => s.settings.places)
  const { forbid } = sessionStore.getState()
  return (
    <section className={styles.folders} aria-labelledby="setting-folders">
      <h3 id="setting-folders" className={styles.title}>
        Folders with data
      </h3>
      <p className={styles.help}>
        Until it is run, a graph is looked into only in its own folder and in these. Counts at once, for all
        graphs.
      </p>
      {places.length > 0 && (
        <ul className={styles.places}>
          {places.map(place => (
            <li key={place}>
              <code title={place}>{place}</code>
              <IconButton
                small
                label={`Take ${place} from the list`}
                icon={<X size={14} />}
                onClick={() => forbid(place)}
              />
            </li>
          ))}
        </ul>
      )}
      <AddFolder places={places} />
    </section>
  )
}

function AddFolder({ places }: { readonly places: readonly string[] }) {
  const { allow } = sessionStore.getState()
  const [path, setPath] = useState('')
  const [error, setError] = useState<string>()
  const [browsing, setBrowsing] = useState(false)
  const type = (text: string) => {
    setPath(text)
    setError(undefined)
  }
  const add = async (event?: FormEvent) => {
    event?.preventDefault()
    const folder = path.trim()
    if (folder === '') return setError('Type the path of a folder, such as /data/pictures.')
    if (places.includes(folder)) return setError('This folder is in the list already.')
    try {
      await hostClient.request('files.list', { folder })
    } catch (problem) {
      return setError(messageOf(problem))
    }
    setBrowsing(false)
    await allow(folder)
    type('')
  }
  return (
    <form className={styles.add} onSubmit={event => void add(event)}>
      <div className={styles.path}>
        <Field label="Another folder" error={error && <span role="alert">{error}</span>}>
          {props => (
            <TextInput
              {...props}
              value={path}
              placeholder="/data/pictures"
              onChange={event => type(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button
          icon={<FolderSearch size={15} />}
          aria-expanded={browsing}
          onClick={() => setBrowsing(!browsing)}
        >
          Browse
        </Button>
        <Button onClick={() => void add()}>Add</Button>
      </div>
      {browsing && <Browse from={path} show={type} />}
    </form>
  )
}

/** Walks through the folders of this machine; the one that is shown is told. */
function Browse({ from, show }: { readonly from: string; readonly show: (folder: string) => void }) {
  const folder = useFolder(from.trim() || undefined)
  const { listing } = folder
  const told = useRef(show)
  useEffect(() => {
    if (listing) told.current(listing.folder)
  }, [listing])
  return (
    <FolderList
      folder={folder}
      show={() => false}
      onPick={show}
      empty="No folders in this folder."
      className={styles.browse}
    />
  )
}
