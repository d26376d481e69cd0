import { defOf } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { makeSubgraph } from '../../graph/subgraph/make.ts'
import { renamePort } from '../../graph/subgraph/ports.ts'
import { freshName } from '../../graph/subgraph/rename.ts'
import { renameDef } from '../../graph/subgraph/rename-def.ts'
import { unpackSubgraph } from '../../graph/subgraph/unpack.ts'
import { withoutUnused } from '../../graph/subgraph/uses.ts'
import { messageOf } from '../host/fault.ts'
import { documentStore, sessionStore } from '../state/index.ts'
import { defAt } from '../state/scope.ts'
import { chosen } from './group-actions.ts'
import { bringIntoView } from './into-view.ts'
import { docNow } from './store.ts'

/** Does what may be impossible, and then says why. */
function attempt(what: string, job: () => void): void {
  try {
    job()
  } catch (error) {
    sessionStore.getState().notify(`${what}: ${messageOf(error)}`, 'bad')
  }
}

/** Puts the selected nodes into a subgraph, and selects the node that stands for them. */
export const makeFromSelection = (): void =>
  attempt('No subgraph was made', () => {
    const { document, scope, replace } = documentStore.getState()
    const shown = docNow().document
    const name = freshName('subgraph', new Set([...Object.keys(document.defs), ...Object.keys(shown.nodes)]))
    const made = makeSubgraph(document, chosen(), name, defAt(document, scope))
    replace(made.document, 'Make subgraph')
    docNow().select({ nodes: [made.use], wire: null })
    bringIntoView([made.use])
  })

const selectedUse = (): string | undefined => {
  const { document, selection } = docNow()
  const [id, more] = selection.nodes
  const name = id === undefined || more !== undefined ? undefined : defOf(own(document.nodes, id)?.type ?? '')
  return name !== undefined && own(document.defs, name) ? id : undefined
}

/** Puts the nodes of the selected subgraph in its place; a subgraph that nothing uses then is gone. */
export const unpackSelected = (): void =>
  attempt('It was not unpacked', () => {
    const id = selectedUse()
    if (id === undefined) return
    const name = defOf(docNow().document.nodes[id]!.type)!
    const { document, scope, replace } = documentStore.getState()
    const unpacked = unpackSubgraph(document, id, defAt(document, scope))
    replace(withoutUnused(unpacked.document, name), 'Unpack subgraph')
    docNow().select({ nodes: unpacked.ids, wire: null })
    bringIntoView(unpacked.ids)
  })

export function enterSelected(): void {
  const id = selectedUse()
  if (id !== undefined) enter(id)
}

export const enter = (id: string): void => {
  const { scope, enter: go } = documentStore.getState()
  go([...scope, id])
}

/** Back to the graph around; false at the top. */
export function leave(): boolean {
  const { scope, enter: go } = documentStore.getState()
  if (scope.length === 0) return false
  go(scope.slice(0, -1))
  return true
}

/** Gives the subgraph that is shown another name. */
export const changeName = (to: string): void =>
  attempt('It was not renamed', () => {
    const { document, scope, replace } = documentStore.getState()
    const name = defAt(document, scope)
    if (name !== undefined) replace(renameDef(document, name, to), 'Rename subgraph')
  })

/** Gives a port of the subgraph that is shown another name; without one it is taken away. */
export const changePort = (side: 'in' | 'out', port: string, to: string | undefined): void =>
  attempt(to === undefined ? 'It was not removed' : 'It was not renamed', () => {
    const { document, scope, replace } = documentStore.getState()
    const name = defAt(document, scope)
    if (name !== undefined)
      replace(renamePort(document, name, side, port, to), to === undefined ? 'Remove port' : 'Rename port')
  })
