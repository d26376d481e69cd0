import { type Code, type Diagnostic, suggest } from './diagnostic.ts'
import {
  type DefJson,
  defOf,
  type GraphDocument,
  type NodeJson,
  REROUTE,
  splitWire,
  type Wire,
  wiresOf,
} from './document.ts'
import { own } from './own.ts'

/** Subgraphs in subgraphs, at most this deep. */
const MAX_DEPTH = 16
/** Nodes after expansion, subgraphs counted too: ten uses in ten uses in ten … must not fill the memory. */
const MAX_NODES = 50_000

/** An input of a subgraph's use: where to wire it. */
export interface OpenInput {
  readonly node: string
  readonly port: string
}

/** A node, or a use of a subgraph, that is bypassed: what comes in at it, a use's in the order of its inputs. */
export interface Bypassed {
  readonly path: string
  readonly inputs: ReadonlyMap<string, readonly Wire[]>
}

export interface FlatGraph {
  /** Every real node by path: `vision`, or `tower/vision` through a subgraph. */
  readonly nodes: ReadonlyMap<string, NodeJson>
  readonly diagnostics: readonly Diagnostic[]
  /** Paths of nodes, and `path.port` of inputs, whose fault is among the diagnostics: not to be judged again. */
  readonly faulty: ReadonlySet<string>
  /** Inputs `path.port` inside a subgraph that nothing reaches, with the outer input that would feed them. */
  readonly open: ReadonlyMap<string, OpenInput>
  /** By path of every real node that is bypassed, by itself or with the subgraph that it is in. */
  readonly bypassed: ReadonlyMap<string, Bypassed>
}

/** What a subgraph's input or output stands for: wires, or why there are none. */
type Source = Wire | readonly Wire[] | OpenInput | 'faulty'

interface Scope {
  /** `tower/`, or empty at the top. */
  readonly prefix: string
  readonly name: string
  readonly inputs: ReadonlyMap<string, Source>
  readonly params: Readonly<Record<string, unknown>>
  /** The outermost use around it that is bypassed. */
  readonly bypassed?: string
}

/** A subgraph of no nodes, whose output is its input. */
const PASS: DefJson = { params: {}, in: ['in'], out: { out: '@in' }, nodes: {} }

/** What comes in, in the order of the inputs; those that are not among them come last. */
export function inOrder<T>(
  given: Iterable<readonly [string, T]>,
  inputs: readonly string[] | undefined,
): ReadonlyMap<string, T> {
  const rank = (port: string) => (inputs?.includes(port) ? inputs.indexOf(port) : Number.POSITIVE_INFINITY)
  return new Map([...given].sort(([a], [b]) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b))))
}

const isOpen = (s: Source): s is OpenInput => typeof s === 'object' && 'node' in s

/**
 * Replaces every node of type `def:name` by the nodes of its subgraph, under paths `outer/inner`. A node
 * inside reads the subgraph's inputs as `@name` and its parameters as `{"$param": "name"}`. A reroute is taken out. A
 * muted node stays, without its wires and unexpanded: `modes.ts` takes it out with what needs it.
 */
export function expandDefs(doc: GraphDocument): FlatGraph {
  return new Expansion(doc).run()
}

class Expansion {
  private readonly doc: GraphDocument
  private readonly nodes = new Map<string, NodeJson>()
  private readonly diagnostics: Diagnostic[] = []
  private readonly faulty = new Set<string>()
  private readonly open = new Map<string, OpenInput>()
  /** Uses of subgraphs by path. */
  private readonly uses = new Map<string, DefJson>()
  /** Each bypassed node, with the node or use that a person has bypassed. */
  private readonly bypassed = new Map<string, string>()
  /** What comes in at each bypassed node or use. */
  private readonly passed = new Map<string, ReadonlyMap<string, Source>>()
  /** `tower.embedding` to what it stands for. */
  private readonly outputs = new Map<Wire, Source>()
  /** Faults of a definition are said once, not once for each use. */
  private readonly said = new Set<string>()
  private placed = 0

  constructor(doc: GraphDocument) {
    this.doc = doc
  }

  run(): FlatGraph {
    const top: Scope = { prefix: '', name: '', inputs: new Map(), params: {} }
    for (const [id, node] of Object.entries(this.doc.nodes)) this.place(id, node, top, [])
    if (this.placed > MAX_NODES) this.nodes.clear()
    for (const [path, node] of this.nodes) {
      const wired = Object.entries(node.in).flatMap(([port, w]) => {
        const source = this.join(
          wiresOf(w).map(one => this.follow(one, path, port)),
          typeof w === 'string',
        )
        return this.settle(path, port, source).map(s => [port, s] as const)
      })
      this.nodes.set(path, { ...node, in: Object.fromEntries(wired) })
    }
    const { nodes, diagnostics, faulty, open } = this
    return { nodes, diagnostics, faulty, open, bypassed: this.settleBypassed() }
  }

  private settleBypassed(): ReadonlyMap<string, Bypassed> {
    const units = new Map(
      [...this.passed].map(([path, given]): [string, Bypassed] => {
        const wires = [...given].map(([port, source]): [string, readonly Wire[]] => {
          if (source === 'faulty' || isOpen(source)) return [port, []]
          const ends = wiresOf(source).map(w => this.follow(w, path, port))
          return [port, ends.flatMap(s => (s === 'faulty' || isOpen(s) ? [] : wiresOf(s)))]
        })
        return [path, { path, inputs: inOrder(wires, this.uses.get(path)?.in) }]
      }),
    )
    return new Map([...this.bypassed].map(([path, unit]) => [path, units.get(unit)!]))
  }

  private report(
    code: Code,
    node: string,
    message: string,
    place: Partial<Diagnostic> = {},
    once: string = node,
  ): void {
    const key = `${once}: ${message}`
    if (this.said.has(key)) return
    this.said.add(key)
    this.diagnostics.push({ code, severity: 'error', node, message, ...place })
  }

  private place(id: string, node: NodeJson, scope: Scope, stack: readonly string[]): void {
    const path = scope.prefix + id
    if (++this.placed > MAX_NODES) {
      const message = `the graph has more than ${MAX_NODES} nodes once its subgraphs are expanded`
      this.report('DT026', path, message, { hint: 'Use fewer subgraphs in subgraphs.' }, '')
      return
    }
    if (node.mode === 'muted') {
      this.nodes.set(path, { ...node, in: {} })
      return
    }
    const params = this.substitute(node.params, path, id, scope)
    const inputs = new Map<string, Source>()
    for (const [port, w] of Object.entries(node.in)) {
      const sources = wiresOf(w).map(one => this.resolve(one, path, id, port, scope))
      inputs.set(port, this.join(sources, typeof w === 'string'))
    }
    const passing = scope.bypassed === undefined && node.mode === 'bypassed' && node.type !== REROUTE
    if (passing) this.passed.set(path, inputs)
    const bypassed = passing ? path : scope.bypassed
    if (node.type === REROUTE || defOf(node.type) !== undefined) {
      this.expand(path, node, params, inputs, stack, bypassed)
      return
    }
    if (bypassed !== undefined) this.bypassed.set(path, bypassed)
    const wired = [...inputs].flatMap(([port, source]) =>
      this.settle(path, port, source).map(s => [port, s] as const),
    )
    this.nodes.set(path, { ...node, in: Object.fromEntries(wired), params })
  }

  private expand(
    path: string,
    node: NodeJson,
    params: NodeJson['params'],
    given: ReadonlyMap<string, Source>,
    stack: readonly string[],
    bypassed: string | undefined,
  ): void {
    const name = defOf(node.type) ?? REROUTE
    const def = node.type === REROUTE ? PASS : this.definition(path, name, stack)
    if (!def) {
      this.faulty.add(path)
      return
    }
    this.uses.set(path, def)
    const called = def === PASS ? 'a reroute' : `the subgraph "${name}"`
    for (const key of Object.keys(node.params))
      if (!Object.hasOwn(def.params, key)) {
        const hint = suggest(key, Object.keys(def.params))
        const field = `params.${key}`
        this.report('DT011', path, `${called} has no parameter "${key}"`, { field, hint })
      }
    for (const port of given.keys())
      if (!def.in.includes(port)) {
        const hint = suggest(port, def.in)
        this.report('DT020', path, `${called} has no input "${port}"`, { port, hint })
      }
    const prefix = `${path}/`
    const inputs = new Map(def.in.map(port => [port, given.get(port) ?? { node: path, port }] as const))
    const bare: Scope = { prefix, name, inputs, params: {}, bypassed }
    const defaults = this.substitute(def.params, path, '', bare)
    const scope: Scope = { ...bare, params: { ...defaults, ...params } }
    for (const [id, inner] of Object.entries(def.nodes)) this.place(id, inner, scope, [...stack, name])
    for (const [port, w] of Object.entries(def.out))
      this.outputs.set(`${path}.${port}`, this.output(w, port, path, def, scope))
  }

  private definition(path: string, name: string, stack: readonly string[]): DefJson | undefined {
    const field = 'type'
    const def = own(this.doc.defs, name)
    if (!def) {
      const hint = suggest(name, Object.keys(this.doc.defs))
      this.report('DT026', path, `there is no subgraph "${name}"`, { field, hint })
      return undefined
    }
    const way = [...stack.slice(Math.max(0, stack.indexOf(name))), name].join(' → ')
    const hint = 'Remove one of these uses.'
    if (stack.includes(name))
      this.report('DT026', path, `the subgraph "${name}" contains itself: ${way}`, { field, hint }, 'defs')
    else if (stack.length >= MAX_DEPTH)
      this.report(
        'DT026',
        path,
        `subgraphs are nested deeper than ${MAX_DEPTH}: ${way}`,
        { field, hint },
        'defs',
      )
    else return def
    return undefined
  }

  private output(w: Wire, port: string, path: string, def: DefJson, scope: Scope): Source {
    if (w.startsWith('@')) return this.resolve(w, path, '', port, scope)
    const { node } = splitWire(w)
    if (Object.hasOwn(def.nodes, node)) return scope.prefix + w
    const message = `the output "${port}" of the subgraph "${scope.name}" comes from "${w}", but it has no node "${node}"`
    this.report('DT026', path, message, { port, hint: suggest(node, Object.keys(def.nodes)) }, scope.name)
    return 'faulty'
  }

  /** What a wire inside a scope stands for, as seen from the top. */
  private resolve(w: Wire, path: string, id: string, port: string, scope: Scope): Source {
    if (!w.startsWith('@')) return scope.prefix + w
    const source = scope.inputs.get(w.slice(1))
    if (source) return source
    const message = scope.prefix
      ? `"${w}" is no input of the subgraph "${scope.name}"`
      : `"${w}" would read an input of a subgraph, but this node is in none`
    const hint = scope.prefix ? suggest(w.slice(1), [...scope.inputs.keys()]) : 'Wire "node.port".'
    this.report('DT026', path, message, { port, hint }, `${scope.name}/${id}`)
    return 'faulty'
  }

  /** The wires of one input; a list keeps what is there of it. */
  private join(sources: readonly Source[], single: boolean): Source {
    if (single) return sources[0]!
    if (sources.includes('faulty')) return 'faulty'
    const wires = sources.flatMap(s => (isOpen(s) ? [] : wiresOf(s)))
    return wires.length ? wires : (sources.find(isOpen) ?? [])
  }

  /** Notes why an input has no wires, or gives them. */
  private settle(path: string, port: string, source: Source): (Wire | readonly Wire[])[] {
    if (source === 'faulty') this.faulty.add(`${path}.${port}`)
    else if (isOpen(source)) this.open.set(`${path}.${port}`, source)
    else return [source]
    return []
  }

  /** From an output of a subgraph's use to the wires it stands for. */
  private follow(wire: Wire, path: string, port: string): Source {
    const seen = new Set<Wire>()
    const step = (w: Wire): Source => {
      const { node, port: from } = splitWire(w)
      if (this.faulty.has(node)) return 'faulty'
      const def = this.uses.get(node)
      if (!def) return w
      const source = this.outputs.get(w)
      if (source === undefined) {
        const hint = suggest(from, Object.keys(def.out))
        this.report(
          'DT023',
          path,
          `${def === PASS ? 'the reroute' : 'the subgraph'} "${node}" has no output "${from}"`,
          { port, hint },
        )
        return 'faulty'
      }
      if (seen.has(w)) {
        const message = `a cycle: "${w}" leads back to itself`
        this.report('DT040', path, message, { port, hint: 'Remove one of these wires.' }, w)
        return 'faulty'
      }
      seen.add(w)
      if (source === 'faulty' || isOpen(source)) return source
      return this.join(wiresOf(source).map(step), typeof source === 'string')
    }
    return step(wire)
  }

  private substitute(params: NodeJson['params'], path: string, id: string, scope: Scope): NodeJson['params'] {
    const walk = (value: unknown, field: string): unknown => {
      if (Array.isArray(value)) return value.map((v, i) => walk(v, `${field}.${i}`))
      if (typeof value !== 'object' || value === null) return value
      const o = value as Record<string, unknown>
      const name = own(o, '$param')
      if (typeof name === 'string') {
        if (Object.hasOwn(scope.params, name)) return scope.params[name]
        const message = scope.prefix
          ? `the subgraph "${scope.name}" has no parameter "${name}"`
          : `{ "$param": "${name}" } would read a parameter of a subgraph, but this node is in none`
        const hint = scope.prefix ? suggest(name, Object.keys(scope.params)) : 'Give the value itself.'
        this.faulty.add(`${path}.params`)
        this.report('DT026', path, message, { field, hint }, `${scope.name}/${id}`)
        return null
      }
      const inner = Object.entries(o).map(([k, v]) =>
        k === '$node' && typeof v === 'string' ? [k, scope.prefix + v] : [k, walk(v, `${field}.${k}`)],
      )
      return Object.fromEntries(inner)
    }
    return walk(params, 'params') as NodeJson['params']
  }
}
