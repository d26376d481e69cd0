import { ArrowUp, FileJson2, Folder as FolderIcon, Package } from 'lucide-react'
import type { FolderListing } from '../../protocol/workbench.ts'
import { IconButton } from '../ui/Button.tsx'
import { classes } from '../ui/classes.ts'
import { shortFolder } from './file-name.ts'
import styles from './files.module.css'
import type { Folder } from './use-folder.ts'

type Entry = FolderListing['entries'][number]

const ICONS = { folder: FolderIcon, graph: FileJson2, bundle: Package }

export interface FolderListProps {
  readonly folder: Folder
  /** Kinds of files that can be picked; folders always can. */
  readonly show: (entry: Entry) => boolean
  readonly onPick: (path: string) => void
  readonly empty: string
  readonly className?: string
}

/** One folder, to walk through and to pick a file from. */
export function FolderList({ folder, show, onPick, empty, className }: FolderListProps) {
  const { listing, error, go } = folder
  const entries = listing?.entries.filter(e => e.kind === 'folder' || show(e)) ?? []
  const { parent } = listing ?? { parent: null }
  return (
    <div className={classes(styles.panel, className)}>
      {listing && (
        <div className={styles.where}>
          <IconButton
            label="Folder above"
            small
            icon={<ArrowUp size={15} />}
            disabled={parent === null ? 'This is the top' : false}
            onClick={() => parent !== null && go(parent)}
          />
          <span className={classes(styles.path, styles.wide)} title={listing.folder}>
            {shortFolder(listing.folder)}
          </span>
        </div>
      )}
      {error && (
        <div className={styles.empty} role="alert">
          {error}
        </div>
      )}
      {listing && !error && entries.length === 0 && <div className={styles.empty}>{empty}</div>}
      {!error &&
        entries.map(entry => {
          const Icon = ICONS[entry.kind]
          return (
            <button
              key={entry.path}
              type="button"
              className={styles.row}
              onClick={() => (entry.kind === 'folder' ? go(entry.path) : onPick(entry.path))}
            >
              <Icon size={16} />
              <span className={classes(styles.entry, styles.wide)}>{entry.name}</span>
            </button>
          )
        })}
    </div>
  )
}
