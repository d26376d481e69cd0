import { readFileSync } from 'node:fs'
import { randomFrom } from '../graph/mutate.ts'
import { type Canary, DECEITS, FORMULAS, PATHS, QUERIES, REMOTE, SCRIPTS } from './payloads.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Node = {
  type: string
  v: number
  title?: string
  params?: { [key: string]: Json }
  in?: { [key: string]: Json }
}
interface Graph {
  meta: { title: string; seed: Json; about?: string }
  nodes: { [id: string]: Node }
  defs: { [name: string]: Json }
  view: { [id: string]: Json }
  groups?: Json
  lock: { [key: string]: Json }
}

export interface Hostile {
  readonly name: string
  readonly kind: string
  readonly text: string
}

interface Tools {
  readonly canary: Canary
  /** The nth of a list, each time another. */
  readonly next: <T>(list: readonly T[]) => T
  readonly upTo: (n: number) => number
}
/** Changes a sound graph; what it gives, if anything, is the file's text itself. */
type Attack = (graph: Graph, tools: Tools) => string | undefined

const note = (text: string): Node => ({ type: 'note', v: 1, params: { text } })
/** Stands in a string for text that JSON.stringify would not write. */
const RAW = /"@raw:((?:[^"\\]|\\.)*)@"/g
const raw = (text: string): string => `@raw:${text}@`
const written = (graph: Graph): string =>
  JSON.stringify(graph, null, 1).replace(RAW, (_, text: string) => text.replaceAll('\\"', '"'))

const source = (path: string, upTo: Tools['upTo']): Node => {
  const kinds = [
    'data.folder',
    'data.records',
    'data.webdataset',
    'data.parquet',
    'data.coco',
    'text.tokenizerFile',
  ]
  return { type: kinds[upTo(kinds.length)]!, v: 1, params: { path } }
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  'script in a note': (g, { next }) => {
    g.nodes.bad = note(
      `# Read me\n\n${next(SCRIPTS)}\n\n${next(SCRIPTS)}\n\n- ${next(SCRIPTS)}\n\n> ${next(SCRIPTS)}`,
    )
  },
  'script in titles': (g, { next }) => {
    g.meta.title = next(SCRIPTS)
    for (const node of Object.values(g.nodes)) node.title = next(SCRIPTS)
    g.groups = { g: { title: next(SCRIPTS), colour: 'red', nodes: ['vision', 'text'] } }
  },
  'script in the text about it': (g, { next }) => {
    g.meta.about = SCRIPTS.join('\n\n') + next(SCRIPTS)
  },
  'script in labels and settings': (g, { next }) => {
    g.nodes.zero_shot!.params = { label: next(SCRIPTS), templates: [next(SCRIPTS), `{} ${next(SCRIPTS)}`] }
    g.nodes.vision!.params = { [next(SCRIPTS)]: next(SCRIPTS), pool: next(SCRIPTS) }
  },
  'script in names of ports and types': (g, { next }) => {
    g.nodes.vision!.in = { image: `batch.${next(SCRIPTS)}`, [next(SCRIPTS)]: 'batch.image' }
    g.nodes.odd = { type: next(SCRIPTS), v: 1, in: { [next(SCRIPTS)]: `vision.${next(SCRIPTS)}` } }
  },
  'script in ids': (g, { next }) => {
    g.nodes[next(SCRIPTS)] = note('x')
    g.view[next(SCRIPTS)] = [0, 0]
  },
  'script in a formula': (g, { next, canary }) => {
    g.nodes.bad = note(`${next(FORMULAS(canary))}\n\n${next(FORMULAS(canary))}`)
    g.meta.about = next(FORMULAS(canary))
  },
  'script in the credits and classes of its lock': (g, { next }) => {
    const attribution = [{ name: next(SCRIPTS), licence: next(SCRIPTS), by: next(SCRIPTS) }]
    const fields = {
      image: { kind: 'image' },
      group: { kind: 'category', classes: [next(SCRIPTS), next(SCRIPTS)] },
    }
    g.lock = { schemas: { 'test_emoji.dataset': { fields, attribution } } }
  },
  'pictures from elsewhere': (g, { next, canary }) => {
    const remote = REMOTE(canary)
    g.nodes.bad = note([next(remote), next(remote), next(remote)].join('\n\n'))
    g.meta.about = next(remote)
    g.meta.title = next(remote)
  },
  'keys of every object': (g, { upTo }) => {
    const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
    const key = keys[upTo(keys.length)]!
    const poison = `{ "type": "note", "v": 1, "polluted": true, "params": { "${key}": { "polluted": true } } }`
    const places = ['nodes', 'defs', 'view', 'groups', 'lock', 'meta', 'params', 'in']
    const text = written(g)
    return places
      .slice(0, 1 + upTo(places.length))
      .reduce((t, place) => t.replace(new RegExp(`"${place}": \\{`), `$& "${key}": ${poison},`), text)
  },
  'giant numbers': (g, { next, upTo }) => {
    const numbers = [
      1e308,
      -1e308,
      2 ** 53,
      -1,
      5e-324,
      raw('1e999'),
      raw('-1e999'),
      raw(`1${'0'.repeat(400)}`),
    ]
    for (const id of Object.keys(g.nodes)) if (upTo(2)) g.view[id] = [next(numbers), next(numbers)]
    g.nodes.vision!.params = { depth: next(numbers), width: next(numbers), heads: next(numbers) }
    g.nodes.train!.params = { steps: next(numbers) }
    g.nodes.batch!.params = { size: next(numbers), imageSize: next(numbers) }
    if (upTo(2)) g.meta.seed = next(numbers)
  },
  'large sizes that are allowed': g => {
    g.nodes.vision!.params = { depth: 1000, width: 65536, heads: 1, patch: 1 }
    g.nodes.text!.params = { depth: 1000, width: 65536, heads: 1 }
    g.nodes.batch!.params = { size: 1_000_000, imageSize: 4096, textLength: 100_000 }
  },
  'places far apart': (g, { upTo }) => {
    for (const id of Object.keys(g.nodes)) g.view[id] = [upTo(2) ? 1e9 : -1e9, upTo(2) ? 1e12 : 0]
  },
  'deep nesting': (g, { upTo }) => {
    const levels = [40, 500, 5000, 100_000][upTo(4)]!
    const deep = upTo(2)
      ? '['.repeat(levels) + ']'.repeat(levels)
      : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
    g.nodes.vision!.params = { deep: '@deep@' }
    return written(g).replace('"@deep@"', () => deep)
  },
  'nested text': (g, { upTo }) => {
    const many = 20_000
    const nested = ['> ', '- ', '[', '*', '`', '<b>', '![', '((', '|', '&#', '~~'][upTo(11)]!
    g.nodes.bad = note(nested.repeat(many))
    g.meta.about = nested.repeat(many)
  },
  'subgraphs without end': (g, { upTo }) => {
    const use = (name: string, from = '@in'): Json => ({ type: `def:${name}`, v: 1, in: { in: from } })
    const def = (nodes: Json, out = 'a.out'): Json => ({ params: {}, in: ['in'], out: { out }, nodes })
    const shapes = [
      () => ({ a: def({ a: use('a') }) }),
      () => ({ a: def({ a: use('b') }), b: def({ a: use('a') }) }),
      () => {
        const levels: { [name: string]: Json } = {}
        for (let k = 0; k < 15; k++)
          levels[k === 0 ? 'a' : `l${k}`] = def(
            Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`n${i}`, use(`l${k + 1}`)])),
            'n0.out',
          )
        return levels
      },
      () => ({ a: def({}, '@in') }),
      () => ({ a: def({}, 'nowhere.out') }),
      () => ({ a: { params: { x: { $param: 'x' } }, in: ['in', 'in'], out: { out: '@in' }, nodes: {} } }),
      () => ({ a: { in: [1], out: { '': '' }, nodes: [], view: { a: 'b' }, source: { file: '../../x' } } }),
      () => ({ a: { ...(def({}) as object), source: { file: '../outside/canary.csv', hash: '<b>' } } }),
    ]
    g.defs = shapes[upTo(shapes.length)]!() as { [name: string]: Json }
    g.nodes.use = { type: 'def:a', v: 1, in: { in: 'batch.image' } }
    g.nodes.image_projection!.in = { input: 'use.out' }
  },
  'malformed groups': (g, { next, upTo }) => {
    const groups: readonly Json[] = [
      { g: { title: 'x', colour: 'red', nodes: ['nowhere', '__proto__', 'vision', 'vision'] } },
      { a: { title: 'x', nodes: ['vision'] }, b: { title: 'y', nodes: ['vision'] } },
      { g: { title: next(DECEITS), colour: 'url(x)', nodes: [] } },
      { g: { title: 'x'.repeat(200_000), nodes: Array.from({ length: 5000 }, (_, i) => `n${i}`) } },
      [1, 2],
      { __proto__x: null, 'A B': { title: 1 } },
      Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`g${i}`, { title: '', nodes: ['vision'] }])),
    ]
    g.groups = groups[upTo(groups.length)]!
  },
  'huge texts': (g, { upTo }) => {
    const text = ['x', 'x ', '😀', '\n', '\\', '"', '<'][upTo(7)]!.repeat(400_000)
    g.meta.title = text
    g.nodes.vision!.title = text
    g.nodes.bad = note(text)
    g.nodes.zero_shot!.params = { label: text, templates: [text] }
  },
  'many templates': g => {
    g.nodes.zero_shot!.params = { templates: Array.from({ length: 20_000 }, (_, i) => `{} ${i}`) }
  },
  'deceitful letters': (g, { next }) => {
    g.meta.title = next(DECEITS)
    for (const node of Object.values(g.nodes)) node.title = next(DECEITS)
    g.nodes.bad = note(next(DECEITS))
    g.nodes.zero_shot!.params = { label: next(DECEITS) }
    g.nodes.odd = { type: next(DECEITS), v: 1, in: { x: `vision.${next(DECEITS)}` } }
  },
  'keys twice': (g, { upTo }) => {
    const text = written(g)
    const again = ['"nodes": {},', '"meta": { "title": "y" },', '"defs": {},', '"format": "x",'][upTo(4)]!
    return upTo(2)
      ? text.replace('{', `{ ${again}`)
      : text.replace('"nodes": {', '$& "vision": { "type": "note", "v": 1 },')
  },
  'paths that leave': (g, { next, upTo, canary }) => {
    for (const id of ['p1', 'p2', 'p3', 'p4', 'p5']) g.nodes[id] = source(next(PATHS(canary)), upTo)
    g.nodes.p6 = { type: 'data.folder', v: 1, params: { path: '.', metadata: next(PATHS(canary)) } }
    const images = { path: 'inside.csv', images: next(PATHS(canary)), pictures: ['image'] }
    g.nodes.p7 = { type: 'data.records', v: 1, params: images }
    g.nodes.p8 = { type: 'data.coco', v: 1, params: { path: 'inside.json', more: next(PATHS(canary)) } }
  },
  'SQL that reaches out': (g, { next, canary }) => {
    const dataset = 'train_emoji.dataset'
    g.nodes.f = { type: 'data.filter', v: 1, params: { where: next(QUERIES(canary)) }, in: { dataset } }
    const columns = { stolen: next(QUERIES(canary)) }
    g.nodes.m = { type: 'data.map', v: 1, params: { columns }, in: { dataset: 'f.dataset' } }
    g.nodes.tokenizer!.in = { dataset: 'm.dataset' }
  },
  'wires in a ring': (g, { upTo }) => {
    for (const id of Object.keys(g.nodes)) {
      const others = Object.keys(g.nodes)
      g.nodes[id]!.in = { input: `${others[upTo(others.length)]}.output`, loop: `${id}.x` }
    }
  },
  'very many nodes and wires': (g, { upTo }) => {
    if (upTo(2)) for (let i = 0; i < 3000; i++) g.nodes[`n${i}`] = { type: upTo(2) ? 'note' : 'odd', v: 1 }
    else
      g.nodes.train!.in = {
        loss: Array.from({ length: 5000 }, () => 'loss.loss'),
        optimizer: ['adamw.optimizer'],
      }
  },
  'references and modes': (g, { upTo }) => {
    const refs: readonly Json[] = [{ $node: 'vision' }, { $node: '__proto__' }, { $node: 1 }, { $param: 'x' }]
    g.nodes.vision!.params = { sharedWith: refs[upTo(4)]!, width: refs[upTo(4)]! }
    g.nodes.text!.params = { sharedWith: { $node: 'vision' }, averageOf: refs[upTo(4)]! }
    Object.assign(g.nodes.batch!, { mode: ['muted', 'bypassed', '<b>'][upTo(3)] })
  },
  'versions and formats': (g, { upTo }) => {
    const odd: readonly Json[] = [0, -1, 1e9, '1', null, [], 1.5]
    if (upTo(2)) for (const node of Object.values(g.nodes)) Object.assign(node, { v: odd[upTo(odd.length)] })
    else Object.assign(g, { version: odd[upTo(odd.length)] })
  },
}

export const KINDS = Object.keys(ATTACKS)

const welcome = readFileSync(new URL('../../graphs/clip-emoji.json', import.meta.url), 'utf8')

/** So many hostile graph files, the same for a seed: each kind in turn, with other means each time. */
export function hostileGraphs(seed: number, count: number, canary: Canary): readonly Hostile[] {
  const random = randomFrom(seed)
  const upTo = (n: number): number => Math.floor(random() * n)
  let turn = upTo(100)
  const next = <T>(list: readonly T[]): T => list[turn++ % list.length]!
  return Array.from({ length: count }, (_, i) => {
    const kind = KINDS[i % KINDS.length]!
    const graph = JSON.parse(welcome) as Graph
    const text = ATTACKS[kind]!(graph, { canary, next, upTo }) ?? written(graph)
    return { name: `${String(i).padStart(3, '0')}-${kind.replaceAll(' ', '-')}.json`, kind, text }
  })
}
