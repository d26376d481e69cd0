import { writeGraph } from '../../graph/write.ts'
import { centre } from '../canvas/actions.ts'
import { docNow } from '../canvas/store.ts'
import { messageOf } from '../host/fault.ts'
import { documentActions, documentStore, hostClient, sessionStore, tabs } from '../state/index.ts'
import { shareSubgraph, withSubgraph, withUpdated } from '../state/share.ts'
import { openDialog } from './dialog-store.ts'
import { adviceOn } from './dropped.ts'
import { fileName, nameOf } from './file-name.ts'

export const newDocument = (): void => void tabs.openText()

/** Opens graph files that were dropped on the window: as new documents, for a page can't know where they lie. */
export async function openDropped(files: readonly File[]): Promise<void> {
  const { notify } = sessionStore.getState()
  for (const file of files) {
    const advice = adviceOn(file)
    if (advice) notify(advice.message, 'bad', advice.hint)
    else
      try {
        await tabs.openText(await file.text())
      } catch (error) {
        notify(`${file.name} could not be read: ${messageOf(error)}`, 'bad')
      }
  }
}

/** Closes a tab, after asking where edits would be lost. */
export function closeTab(key: number = tabs.store.getState().active): void {
  const tab = tabs.store.getState().tabs.find(one => one.key === key)
  if (!tab?.dirty) void tabs.close(key)
  else {
    // What would be lost is shown while a person decides.
    tabs.show(key)
    openDialog({ kind: 'unsaved', next: () => void tabs.close(key) })
  }
}

export const showOpen = (): void => openDialog({ kind: 'open' })

export const openFile = (path: string): void => void tabs.open(path)

export const showSaveAs = (): void => openDialog({ kind: 'save' })

/** True when it is on the disk; a document without a file gets the dialog, and then it is not yet. */
export async function save(): Promise<boolean> {
  if (documentStore.getState().path !== null) return documentActions.save()
  showSaveAs()
  return false
}

/** Hands the shown document to the browser as a file: the way out where no host can save it. */
export function download(): void {
  const { document: graph, path } = documentStore.getState()
  const url = URL.createObjectURL(new Blob([writeGraph(graph)], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = path === null ? `${fileName(graph.meta.title)}.json` : nameOf(path)
  link.click()
  URL.revokeObjectURL(url)
}

/** Writes a subgraph of the document as a file; true when it is on the disk. */
export async function share(name: string, path: string, replace: boolean): Promise<boolean> {
  const { notify } = sessionStore.getState()
  try {
    await shareSubgraph(hostClient, documentStore.getState().document, name, path, replace)
    notify(`Subgraph written: ${path}`, 'good')
    return true
  } catch (error) {
    notify(`The subgraph was not written: ${messageOf(error)}`, 'bad')
    return false
  }
}

/** Copies a subgraph out of a file, and adds a node that uses it. */
export async function importSubgraph(path: string): Promise<void> {
  try {
    const { document, replace } = docNow()
    const [x, y] = centre()
    const added = await withSubgraph(hostClient, document, path, [Math.round(x), Math.round(y)])
    // An edit that was made meanwhile stays: the file is then read for nothing.
    if (docNow().document !== document) throw new Error('the graph was edited meanwhile; try again')
    replace(added.document, 'Add subgraph')
    docNow().select({ nodes: [added.id], wire: null })
  } catch (error) {
    sessionStore.getState().notify(`No subgraph was added: ${messageOf(error)}`, 'bad')
  }
}

/** Makes a subgraph of the document what its file says now. */
export async function updateSubgraph(name: string, path: string): Promise<void> {
  const { notify } = sessionStore.getState()
  try {
    const { document } = documentStore.getState()
    const updated = await withUpdated(hostClient, document, name, path)
    if (documentStore.getState().document !== document)
      throw new Error('the graph was edited meanwhile; try again')
    documentStore.getState().replace(updated, 'Update subgraph')
    notify(updated === document ? `“${name}” is what the file says` : `“${name}” was updated`, 'good')
  } catch (error) {
    notify(`The subgraph was not updated: ${messageOf(error)}`, 'bad')
  }
}
