import type {
  GraphDocument,
  GroupJson,
  Groups,
  Meta,
  NodeJson,
  NodeMode,
  WatchJson,
  Wire,
} from './document.ts'

/** One edit of a document: the only way in which it changes, so undo, the journal and tests see the same stream. */
export type GraphCommand =
  | {
      readonly type: 'addNode'
      readonly id: string
      readonly node: NodeJson
      readonly at: readonly [number, number]
    }
  /** Also removes every wire and reference to them. */
  | { readonly type: 'removeNodes'; readonly ids: readonly string[] }
  | { readonly type: 'moveNodes'; readonly to: Readonly<Record<string, readonly [number, number]>> }
  /** `value` undefined takes the parameter out, so that its default holds. */
  | {
      readonly type: 'setParam'
      readonly node: string
      readonly path: readonly string[]
      readonly value?: unknown
    }
  | { readonly type: 'setTitle'; readonly node: string; readonly title?: string }
  /** Replaces the wire of a single input; appends to a list input (`list`), or puts at `index`. */
  | {
      readonly type: 'connect'
      readonly from: Wire
      readonly node: string
      readonly port: string
      readonly list: boolean
      readonly index?: number
    }
  /** Without `from` every wire of the input goes. */
  | { readonly type: 'disconnect'; readonly node: string; readonly port: string; readonly from?: Wire }
  /** All wires that are watched; a wire, or an inner value of its node, is watched once. */
  | { readonly type: 'setWatches'; readonly watches: readonly WatchJson[] }
  /** Without `mode` the nodes run again. */
  | { readonly type: 'setMode'; readonly nodes: readonly string[]; readonly mode?: NodeMode }
  /** Makes or changes a group of nodes, which leave the groups they were in; without `group` it is gone. */
  | { readonly type: 'setGroup'; readonly id: string; readonly group?: GroupJson }
  | { readonly type: 'setMeta'; readonly meta: Partial<Meta> }
  /** Several edits that a person made as one. */
  | { readonly type: 'group'; readonly label: string; readonly commands: readonly GraphCommand[] }
  /** An edit of the nodes of a subgraph. */
  | { readonly type: 'within'; readonly def: string; readonly command: GraphCommand }
  | Restore

/**
 * Puts parts of a document back as they were: what undo and redo are in the journal, and the inverse of every
 * command. `null` takes a node or a place out, `{}` all groups; `order` is that of all nodes, where it changes.
 */
export interface Restore {
  readonly type: 'restore'
  readonly meta?: Meta
  readonly defs?: GraphDocument['defs']
  readonly lock?: GraphDocument['lock']
  readonly nodes: Readonly<Record<string, NodeJson | null>>
  readonly view: Readonly<Record<string, readonly [number, number] | null>>
  readonly watches?: readonly WatchJson[]
  readonly groups?: Groups
  readonly order?: readonly string[]
}
