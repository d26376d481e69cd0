import { Package } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { GraphFileInfo } from '../../protocol/workbench.ts'
import { messageOf } from '../host/fault.ts'
import { documentStore, hostClient } from '../state/index.ts'
import { classes } from '../ui/classes.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { Tabs } from '../ui/Tabs.tsx'
import { closeDialog } from './dialog-store.ts'
import { FolderList } from './FolderList.tsx'
import { openFile } from './file-actions.ts'
import { nameOf, shortFolder } from './file-name.ts'
import styles from './files.module.css'
import { Sketch } from './Sketch.tsx'
import { useFolder } from './use-folder.ts'

type Page = 'bundled' | 'recent' | 'browse'

const TABS = [
  { key: 'bundled', text: 'Templates' },
  { key: 'recent', text: 'Recent' },
  { key: 'browse', text: 'Browse' },
] as const

const EMPTY = {
  bundled: 'There are no examples in this installation.',
  recent: 'Graphs that you open are listed here.',
}

const pick = (path: string) => {
  closeDialog()
  openFile(path)
}

/** Opens an example, something that was open before, or any file. */
export function OpenGraphDialog() {
  const [page, setPage] = useState<Page>('bundled')
  const [graphs, setGraphs] = useState<readonly GraphFileInfo[] | null>(null)
  const [error, setError] = useState<string | null>(null)
  useEffect(() => {
    hostClient.request('graphs.list', {}).then(setGraphs, problem => setError(messageOf(problem)))
  }, [])
  return (
    <Dialog title="Open a graph" onClose={closeDialog} width={920}>
      <div className={styles.open}>
        <Tabs id="open" label="Where from" tabs={TABS} value={page} onChange={setPage} />
        <div
          id={`open-panel-${page}`}
          role="tabpanel"
          aria-labelledby={`open-tab-${page}`}
          className={styles.open}
          style={{ flex: 1, minHeight: 0 }}
        >
          {page === 'browse' ? (
            <Browse />
          ) : (
            <div className={classes(styles.panel, styles.gallery)}>
              {error && <div className={styles.empty}>{error}</div>}
              {graphs
                ?.filter(g => g.kind === page)
                .map(graph => (
                  <Graph key={graph.path} graph={graph} />
                ))}
              {graphs && !graphs.some(g => g.kind === page) && (
                <div className={styles.empty}>{EMPTY[page]}</div>
              )}
            </div>
          )}
        </div>
      </div>
    </Dialog>
  )
}

function Graph({ graph }: { readonly graph: GraphFileInfo }) {
  const where = graph.kind === 'bundled' ? graph.family : shortFolder(folderOf(graph.path) ?? '')
  return (
    <button type="button" className={styles.template} onClick={() => pick(graph.path)} title={graph.path}>
      {graph.sketch ? (
        <Sketch sketch={graph.sketch} />
      ) : (
        <span className={styles.bundle}>
          <Package size={28} aria-hidden="true" />
        </span>
      )}
      <span className={styles.names}>
        <span className={styles.name}>{graph.title}</span>
        {where && <span className={styles.family}>{where}</span>}
      </span>
      {graph.about && <span className={styles.about}>{graph.about}</span>}
      <code className={styles.file}>{nameOf(graph.path)}</code>
    </button>
  )
}

function Browse() {
  const folder = useFolder(folderOf(documentStore.getState().path))
  return <FolderList folder={folder} show={() => true} onPick={pick} empty="No graphs in this folder." />
}

/** The folder of a path, with its own kind of slash. */
export const folderOf = (path: string | null): string | undefined =>
  path?.replace(/[\\/][^\\/]*$/, '') || undefined
