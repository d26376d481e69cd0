import { createStore, type StoreApi } from 'zustand/vanilla'
import { applyCommand } from '../../graph/apply-command.ts'
import { checkGraph, type SchemaState, type Schemas } from '../../graph/check.ts'
import { labelOf } from '../../graph/command-words.ts'
import type { GraphCommand } from '../../graph/commands.ts'
import type { GraphDocument, Wire } from '../../graph/document.ts'
import { History, joinKey, type Move } from '../../graph/history.ts'
import { own } from '../../graph/own.ts'
import { restoring } from '../../graph/restore.ts'
import { openDef } from '../../graph/subgraph/boundary.ts'
import { registry } from '../../nodes/index.ts'
import type { Lease } from '../../protocol/workbench.ts'
import { messageOf } from '../host/fault.ts'
import { EMPTY } from './empty.ts'
import { defAt, soundScope } from './scope.ts'
import { sourcesOf } from './sources.ts'
import { equal, faultsByNode, stable } from './stable.ts'
import type { DocumentState, Selection } from './types.ts'

const NOTHING: Selection = { nodes: [], wire: null }

/** What the document asks of its surroundings. */
export interface DocumentNeeds {
  /** An edit was made: the host's journal gets it. */
  readonly journal: (command: GraphCommand) => void
  /** Sources are new or have changed: the engine has a look at them. */
  readonly lookAt: (document: GraphDocument) => void
  /** An edit was made, or taken back: what, in words. */
  readonly said: (what: string) => void
  readonly refuse: (message: string, hint?: string) => void
  readonly now: () => number
}

/** An open document and what is known of it besides its text. */
export interface Opened {
  readonly id: string | null
  readonly path: string | null
  readonly version: string | null
  readonly lease: Lease
  readonly document: GraphDocument
  /** Edits to bring back on top of `document`. */
  readonly recovered: readonly GraphCommand[]
}

/** What a document is while another is shown: its facts, its undo, what is known of its sources. */
export interface Parked {
  readonly state: Omit<DocumentState, 'run' | 'replace' | 'undo' | 'redo' | 'select' | 'enter'>
  readonly history: History
  readonly sources: ReadonlyMap<Wire, string>
}

/** The open document: its edits, undo, selection and what the checker says of it. Talks to no one itself. */
export class Documents {
  readonly store: StoreApi<DocumentState>
  private readonly needs: DocumentNeeds
  private history = new History(EMPTY)
  private sources: ReadonlyMap<Wire, string> = new Map()

  constructor(needs: DocumentNeeds) {
    this.needs = needs
    this.store = createStore<DocumentState>(() => ({
      id: null,
      path: null,
      version: null,
      lease: { mode: 'writer' },
      document: EMPTY,
      checked: checkGraph(EMPTY, registry),
      faults: new Map(),
      schemas: {},
      selection: NOTHING,
      scope: [],
      dirty: false,
      canUndo: false,
      canRedo: false,
      undoLabel: null,
      redoLabel: null,
      changedOnDisk: null,
      recovered: 0,
      busy: null,
      run: (command, label) => this.run(command, label),
      replace: (next, label) => this.run(restoring(this.store.getState().document, next), label),
      undo: () => this.go('Undone', this.history.undoLabel, () => this.history.undo()),
      redo: () => this.go('Done again', this.history.redoLabel, () => this.history.redo()),
      select: selection => this.select(selection),
      enter: scope => this.enter(scope),
    }))
  }

  /** Shows a document that the host has opened; undo begins anew. */
  open(opened: Opened): void {
    const { document, recovered, ...about } = opened
    this.history = new History(document)
    this.sources = new Map()
    const { document: whole, applied } = bringBack(document, recovered)
    this.history.push(whole, 'Recovered edits', this.needs.now())
    this.show(whole, {
      ...about,
      schemas: {},
      selection: NOTHING,
      scope: [],
      changedOnDisk: null,
      recovered: applied,
      busy: null,
    })
    const left = recovered.length - applied
    if (left > 0)
      this.needs.refuse(
        `${left} of ${recovered.length} edits of the last session no longer fit this file and were left out`,
      )
  }

  /** Everything of the document that is shown, to be shown again later. */
  park(): Parked {
    const {
      run: _r,
      replace: _p,
      undo: _u,
      redo: _d,
      select: _s,
      enter: _e,
      ...state
    } = this.store.getState()
    return { state: { ...state, busy: null }, history: this.history, sources: this.sources }
  }

  /** Shows a document as it was when it was parked. */
  unpark({ state, history, sources }: Parked): void {
    this.history = history
    this.sources = sources
    this.store.setState(state)
  }

  /** Written to the disk as `document`. */
  saved(document: GraphDocument, path: string, version: string): void {
    this.history.markSaved(document)
    this.store.setState({ path, version, changedOnDisk: null, busy: null, recovered: 0, ...this.undoState() })
  }

  /** The file has become another, and the person keeps this document. */
  keep(version: string | null): void {
    this.history.markUnsaved()
    this.store.setState({ version, changedOnDisk: null, ...this.undoState() })
  }

  /** What the engine found in sources that still are as they were asked about. */
  learn(asked: ReadonlyMap<Wire, string>, found: Readonly<Record<Wire, SchemaState>>): void {
    const schemas: Record<Wire, SchemaState> = { ...this.store.getState().schemas }
    for (const [wire, state] of Object.entries(found))
      if (this.sources.get(wire) === asked.get(wire) && asked.has(wire)) schemas[wire] = state
    this.store.setState({ schemas, ...this.check(this.store.getState().document, schemas) })
  }

  /** The sources as they are now, to be asked about. */
  get asked(): ReadonlyMap<Wire, string> {
    return this.sources
  }

  private run(command: GraphCommand, label = labelOf(command)): void {
    const { lease, document, scope } = this.store.getState()
    if (lease.mode === 'reader') {
      this.needs.refuse('This document is read-only here', 'Choose "Take over" to edit it.')
      return
    }
    let next: GraphDocument
    try {
      next = applyCommand(document, command).document
    } catch (error) {
      this.needs.refuse(`That can't be done: ${messageOf(error)}`)
      return
    }
    if (next === document) return
    this.history.push(next, label, this.needs.now(), joinKey(command), scope)
    this.show(next)
    this.needs.said(label)
    this.needs.journal(command)
  }

  private go(word: string, label: string | null, step: () => Move | null): void {
    if (this.store.getState().lease.mode === 'reader') return
    const move = step()
    if (!move) return
    this.show(move.document)
    // What is taken back is seen, wherever it was made.
    const { document, scope } = this.store.getState()
    const made = soundScope(document, move.scope)
    if (defAt(document, made) !== defAt(document, scope)) this.enter(made)
    this.needs.said(`${word}: ${label}`)
    this.needs.journal(move.command)
  }

  private enter(wished: readonly string[]): void {
    const { document, scope: before } = this.store.getState()
    const scope = soundScope(document, wished)
    if (scope.join() === before.join()) return
    // Coming back, a person finds the subgraph where they left it.
    const left = before.length > scope.length ? before[scope.length] : undefined
    this.store.setState({ scope, selection: { nodes: left === undefined ? [] : [left], wire: null } })
  }

  private select(selection: Partial<Selection>): void {
    const { selection: old, document, scope } = this.store.getState()
    // One thing at a time: a wire or nodes.
    const next =
      'wire' in selection && selection.wire
        ? { nodes: [], ...selection, wire: selection.wire }
        : { nodes: selection.nodes ?? (selection.wire === null ? old.nodes : []), wire: null }
    // An edit that was refused has brought nothing to select.
    const there = stillThere(next, shownNodes(document, scope))
    if (!sameSelection(old, there)) this.store.setState({ selection: there })
  }

  /** Everything that follows from a document, in one change of the store. */
  private show(document: GraphDocument, about: Partial<DocumentState> = {}): void {
    const old = { ...this.store.getState(), ...about }
    const before = this.store.getState().document
    const moved = before.nodes === document.nodes && before.defs === document.defs
    const { schemas, news } =
      moved && !about.schemas
        ? { schemas: old.schemas, news: false }
        : this.trackSources(document, old.schemas)
    // Places change nothing that the checker looks at.
    const scope = soundScope(document, old.scope)
    const kept = moved && before.meta === document.meta && before.lock === document.lock
    this.store.setState({
      ...about,
      document,
      schemas,
      scope,
      selection: stillThere(scope === old.scope ? old.selection : NOTHING, shownNodes(document, scope)),
      ...this.undoState(),
      ...(!kept && this.check(document, schemas)),
    })
    if (news) this.needs.lookAt(document)
  }

  private trackSources(document: GraphDocument, old: Schemas): { schemas: Schemas; news: boolean } {
    const before = this.sources
    this.sources = sourcesOf(document)
    const schemas: Record<Wire, SchemaState> = {}
    let news = false
    for (const [wire, signature] of this.sources) {
      const known = before.get(wire) === signature ? own(old, wire) : undefined
      schemas[wire] = known ?? { state: 'pending' }
      news ||= known === undefined
    }
    return { schemas: equal(old, schemas) ? old : schemas, news }
  }

  private check(document: GraphDocument, schemas: Schemas) {
    const old = this.store.getState()
    const checked = stable(old.checked, checkGraph(document, registry, schemas))
    return { checked, faults: faultsByNode(checked.diagnostics, old.faults) }
  }

  private undoState() {
    const { dirty, undoLabel, redoLabel } = this.history
    return { dirty, undoLabel, redoLabel, canUndo: undoLabel !== null, canRedo: redoLabel !== null }
  }
}

function shownNodes(document: GraphDocument, scope: readonly string[]): GraphDocument['nodes'] {
  const name = defAt(document, scope)
  return name === undefined ? document.nodes : (openDef(document, name)?.nodes ?? {})
}

/** Edits on top of a file, as far as they fit. */
function bringBack(document: GraphDocument, commands: readonly GraphCommand[]) {
  let whole = document
  let applied = 0
  try {
    for (const command of commands) {
      whole = applyCommand(whole, command).document
      applied++
    }
  } catch {
    // An edit that does not fit, and what came after it, is left out; the caller says so.
  }
  return { document: whole, applied }
}

function stillThere(selection: Selection, nodes: GraphDocument['nodes']): Selection {
  const left = selection.nodes.filter(id => own(nodes, id))
  const { wire } = selection
  const feeds = wire && own(nodes, wire.node)?.in[wire.port]
  const wired = feeds !== undefined && feeds !== null && [feeds].flat().includes(wire!.from)
  if (left.length === selection.nodes.length && (wire === null || wired)) return selection
  return { nodes: left, wire: wired ? wire : null }
}

const sameSelection = (a: Selection, b: Selection): boolean =>
  a.nodes.length === b.nodes.length &&
  a.nodes.every((id, i) => b.nodes[i] === id) &&
  a.wire?.node === b.wire?.node &&
  a.wire?.port === b.wire?.port &&
  a.wire?.from === b.wire?.from
