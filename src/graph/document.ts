import type { DatasetSchema } from './schema.ts'

/** A wire, from its consumer's side: `"node.port"`, or `"@input"` inside a subgraph. */
export type Wire = string

/** Parameters as the file holds them; the node's schema reads them. */
export type ParamJson = Readonly<Record<string, unknown>>

/** Muted: as if it were not there. Bypassed: what reads it gets what it reads. See `modes.ts`. */
export type NodeMode = 'muted' | 'bypassed'

export interface NodeJson {
  readonly type: string
  readonly v: number
  readonly title?: string
  readonly mode?: NodeMode
  readonly params: ParamJson
  readonly in: Readonly<Record<string, Wire | readonly Wire[]>>
}

/** Where nodes stand on the canvas. */
export type Places = Readonly<Record<string, readonly [number, number]>>

export const GROUP_COLOURS = ['grey', 'blue', 'green', 'amber', 'red', 'purple'] as const
export type GroupColour = (typeof GROUP_COLOURS)[number]

/** A frame around nodes, for people: it changes nothing that runs. A node is in one group at most. */
export interface GroupJson {
  readonly title: string
  readonly colour: GroupColour
  readonly nodes: readonly string[]
}
export type Groups = Readonly<Record<string, GroupJson>>

/** A subgraph: parameters with defaults, named inputs, outputs by inner wire. Inner params may say `{"$param": "name"}`. */
export interface DefJson {
  readonly params: ParamJson
  readonly in: readonly string[]
  readonly out: Readonly<Record<string, Wire>>
  readonly nodes: Readonly<Record<string, NodeJson>>
  readonly view?: Places
  readonly groups?: Groups
  /** Where it was copied from, with the hash it had there. */
  readonly source?: { readonly file: string; readonly hash: string }
}

export interface Meta {
  readonly title: string
  readonly seed: number
  readonly about?: string
}

/** How numbers become colours where it is not in proportion: by their logarithm, or without the extreme ones. */
export const WATCH_SCALES = ['log', 'clipped'] as const
export type WatchScale = (typeof WATCH_SCALES)[number]

/** A wire that people watch while the graph runs: see `WatchSpec` of the protocol. It changes nothing that runs. */
export interface WatchJson {
  readonly wire: Wire
  /** An inner value that the wire's node offers, such as attention maps. */
  readonly inner?: string
  /** How often it is computed while training runs; 0: only when the run is held. */
  readonly every: number
  /** The step whose rows are kept; without it, those of the step that comes next. */
  readonly step?: number
  /** Of its heat map; in proportion where there is none. */
  readonly scale?: WatchScale
}

/** A graph file. `view`, `groups`, `watches` and `lock` never change what runs. */
export interface GraphDocument {
  readonly format: 'diptych-graph'
  readonly version: 1
  readonly meta: Meta
  readonly nodes: Readonly<Record<string, NodeJson>>
  readonly defs: Readonly<Record<string, DefJson>>
  readonly view: Places
  readonly groups?: Groups
  readonly watches?: readonly WatchJson[]
  readonly lock: { readonly schemas?: Readonly<Record<string, DatasetSchema>> }
}

export const ID = /^[a-z][a-z0-9_]*$/
export const FORMAT_VERSION = 1

/** A point on the way of a wire, to lead it around things: its output is what it reads. */
export const REROUTE = 'reroute'
/** The type of a node that uses a subgraph. */
export const defType = (def: string): string => `def:${def}`
/** The name of the subgraph that a node of this type uses. */
export const defOf = (type: string): string | undefined =>
  type.startsWith('def:') ? type.slice(4) : undefined

/** The wires of one input, as a list. */
export const wiresOf = (w: Wire | readonly Wire[] | undefined): readonly Wire[] =>
  w === undefined ? [] : typeof w === 'string' ? [w] : w

/** `"vision.embedding"` to its node and port. Node paths hold no dot; a port, being a column's name, may. */
export function splitWire(wire: Wire): { readonly node: string; readonly port: string } {
  const dot = wire.indexOf('.')
  return { node: wire.slice(0, dot), port: wire.slice(dot + 1) }
}

/** Every `{ "$node": id }` among parameters, with the dotted path that holds it. */
export function references(params: ParamJson): { readonly path: string; readonly node: string }[] {
  const found: { path: string; node: string }[] = []
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$node' && typeof inner === 'string') found.push({ path, node: inner })
      else walk(inner, path ? `${path}.${key}` : key)
    }
  }
  walk(params, '')
  return found
}
