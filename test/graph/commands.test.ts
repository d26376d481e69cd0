import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyCommand } from '../../src/graph/apply-command.ts'
import { CommandFault } from '../../src/graph/command-fault.ts'
import { labelOf } from '../../src/graph/command-words.ts'
import type { GraphCommand } from '../../src/graph/commands.ts'
import {
  GROUP_COLOURS,
  type GraphDocument,
  references,
  splitWire,
  wiresOf,
} from '../../src/graph/document.ts'
import { History, joinKey } from '../../src/graph/history.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { clip, documentOf, node } from './fixtures.ts'

const start: GraphDocument = clip()
const reread = (doc: GraphDocument): GraphDocument => parseGraph(writeGraph(doc)).document!
const run = (doc: GraphDocument, ...commands: GraphCommand[]): GraphDocument =>
  commands.reduce((d, c) => applyCommand(d, c).document, doc)

/** A text that tells two documents apart in everything that the file holds, the order of nodes included. */
const text = writeGraph

const id = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...Object.keys(start.nodes)) },
  fc.constantFrom('a', 'b', 'c', 'constructor', 'no_such_node'),
)
const port = fc.constantFrom(
  'image',
  'text',
  'pairs',
  'loss',
  'optimizer',
  'dataset',
  'own column',
  'toString',
)
const place = fc.tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: -999, max: 999 }))
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }).filter(v => !JSON.stringify(v).includes('__proto__')),
  id.map($node => ({ $node })),
)
const wire = fc.tuple(id, port).map(([n, p]) => `${n}.${p}`)

const one: fc.Arbitrary<GraphCommand> = fc.oneof(
  fc.record(
    {
      type: fc.constant('setMode' as const),
      nodes: fc.uniqueArray(id, { maxLength: 3 }),
      mode: fc.constantFrom('muted' as const, 'bypassed' as const),
    },
    { requiredKeys: ['type', 'nodes'] },
  ),
  fc.record(
    {
      type: fc.constant('setGroup' as const),
      id: fc.constantFrom('g', 'h', 'Bad id'),
      group: fc.record({
        title: fc.string(),
        colour: fc.constantFrom(...GROUP_COLOURS),
        nodes: fc.array(id, { maxLength: 4 }),
      }),
    },
    { requiredKeys: ['type', 'id'] },
  ),
  fc.record({
    type: fc.constant('addNode' as const),
    id: fc.constantFrom('a', 'b', 'c', 'constructor'),
    node: fc.record({
      type: fc.constantFrom('encoder.vit', 'note'),
      v: fc.constant(1),
      params: fc.dictionary(fc.constantFrom('width', 'text', 'sharedWith'), value, { maxKeys: 2 }),
      in: fc.dictionary(port, wire, { maxKeys: 2 }),
    }),
    at: place,
  }),
  fc.record({
    type: fc.constant('removeNodes' as const),
    ids: fc.uniqueArray(id, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ type: fc.constant('moveNodes' as const), to: fc.dictionary(id, place, { maxKeys: 3 }) }),
  fc.record(
    {
      type: fc.constant('setParam' as const),
      node: id,
      path: fc.array(fc.constantFrom('size', 'templates', '0', '1', 'deep'), { minLength: 1, maxLength: 3 }),
      value,
    },
    { requiredKeys: ['type', 'node', 'path'] },
  ),
  fc.record(
    { type: fc.constant('setTitle' as const), node: id, title: fc.string() },
    { requiredKeys: ['type', 'node'] },
  ),
  fc.record(
    {
      type: fc.constant('connect' as const),
      from: wire,
      node: id,
      port,
      list: fc.boolean(),
      index: fc.nat(3),
    },
    { requiredKeys: ['type', 'from', 'node', 'port', 'list'] },
  ),
  fc.record(
    { type: fc.constant('disconnect' as const), node: id, port, from: wire },
    { requiredKeys: ['type', 'node', 'port'] },
  ),
  fc.record({
    type: fc.constant('setMeta' as const),
    meta: fc.record(
      { title: fc.string(), seed: fc.nat(), about: fc.option(fc.string(), { nil: undefined }) },
      { requiredKeys: [] },
    ),
  }),
)
const command: fc.Arbitrary<GraphCommand> = fc.oneof(
  { weight: 6, arbitrary: one },
  fc.record({
    type: fc.constant('group' as const),
    label: fc.string(),
    commands: fc.array(one, { maxLength: 3 }),
  }),
)

/** The commands of a list that can be applied one after the other, with what each makes. */
function applicable(commands: readonly GraphCommand[]) {
  const done: { readonly command: GraphCommand; readonly document: GraphDocument }[] = []
  let document = start
  for (const c of commands) {
    const before = text(document)
    try {
      document = applyCommand(document, c).document
      done.push({ command: c, document })
    } catch (error) {
      expect(error).toBeInstanceOf(CommandFault)
      // A group that fails in its middle leaves nothing behind.
      expect(text(document)).toBe(before)
    }
  }
  return done
}

const runs = (property: fc.IProperty<[GraphCommand[]]>) => fc.assert(property, { numRuns: 200 })
const commands = fc.array(command, { maxLength: 12 })

describe('whatever is edited', () => {
  test('the inverse of a command gives the document as it was', () => {
    runs(
      fc.property(commands, list => {
        let before = start
        for (const { command: c, document } of applicable(list)) {
          const { inverse } = applyCommand(before, c)
          const back = applyCommand(document, inverse)
          expect(text(back.document)).toBe(text(before))
          expect(back.document).toEqual(before)
          expect(text(applyCommand(back.document, back.inverse).document)).toBe(text(document))
          before = document
        }
      }),
    )
  })

  test('undo leads back to the start and redo forth again, and the journal tells the same', () => {
    runs(
      fc.property(commands, list => {
        const history = new History(start)
        const journal: GraphCommand[] = []
        let document = start
        for (const { command: c, document: next } of applicable(list)) {
          history.push(next, labelOf(c), journal.length * 5_000, joinKey(c))
          journal.push(c)
          document = next
        }
        const end = document
        for (let move = history.undo(); move; move = history.undo()) {
          journal.push(move.command)
          document = move.document
        }
        expect(document).toBe(start)
        expect(history.dirty).toBe(false)
        for (let move = history.redo(); move; move = history.redo()) {
          journal.push(move.command)
          document = move.document
        }
        expect(document).toBe(end)
        // As it comes back from the disk.
        const replayed = run(start, ...(JSON.parse(JSON.stringify(journal)) as GraphCommand[]))
        expect(text(replayed)).toBe(text(end))
      }),
    )
  })

  test('the file holds it all', () => {
    runs(
      fc.property(commands, list => {
        const end = applicable(list).at(-1)?.document ?? start
        const again = reread(end)
        expect(again).toEqual(end)
        expect(text(again)).toBe(text(end))
      }),
    )
  })

  test('the document that was given stays as it is', () => {
    runs(
      fc.property(commands, list => {
        const before = text(start)
        applicable(list)
        expect(text(start)).toBe(before)
      }),
    )
  })
})

describe('removing nodes', () => {
  test('takes their wires, references, places and schemas with them', () => {
    const doc: GraphDocument = {
      ...documentOf({
        pairs: node('data.emoji'),
        vision: node('encoder.vit'),
        other: node('encoder.vit', { sharedWith: { $node: 'vision' }, list: [{ $node: 'vision' }, 1] }),
        loss: node('objective.infoNCE', {}, { pairs: 'vision.pooled' }),
        train: node('train', {}, { loss: ['loss.loss', 'vision.loss'], optimizer: ['vision.x'] }),
      }),
      view: { vision: [1, 2], loss: [3, 4] },
      lock: { schemas: { 'pairs.dataset': { fields: {} }, 'vision.dataset': { fields: {} } } },
    }
    const after = run(doc, { type: 'removeNodes', ids: ['vision'] })
    expect(Object.keys(after.nodes)).toEqual(['pairs', 'other', 'loss', 'train'])
    expect(after.nodes.other!.params).toEqual({ list: [1] })
    expect(after.nodes.loss!.in).toEqual({})
    expect(after.nodes.train!.in).toEqual({ loss: ['loss.loss'] })
    expect(after.view).toEqual({ loss: [3, 4] })
    expect(Object.keys(after.lock.schemas!)).toEqual(['pairs.dataset'])
  })

  test('leaves nothing that names them', () => {
    fc.assert(
      fc.property(fc.subarray(Object.keys(start.nodes), { minLength: 1 }), ids => {
        const after = run(start, { type: 'removeNodes', ids })
        for (const n of Object.values(after.nodes)) {
          const named = [
            ...Object.values(n.in).flatMap(w => wiresOf(w).map(x => splitWire(x).node)),
            ...references(n.params).map(r => r.node),
          ]
          expect(named.filter(name => ids.includes(name))).toEqual([])
        }
      }),
    )
  })

  test('comes back in its old place among the nodes', () => {
    const { document, inverse } = applyCommand(start, { type: 'removeNodes', ids: ['batch', 'loss'] })
    expect(Object.keys(run(document, inverse).nodes)).toEqual(Object.keys(start.nodes))
  })
})

describe('wiring', () => {
  const doc = documentOf({ a: node('x'), b: node('x'), t: node('train', {}, { loss: 'a.loss' }) })
  const connect = (from: string, list: boolean, index?: number): GraphCommand => ({
    type: 'connect',
    from,
    node: 't',
    port: 'loss',
    list,
    index,
  })

  test('replaces the wire of a single input', () => {
    expect(run(doc, connect('b.loss', false)).nodes.t!.in.loss).toBe('b.loss')
  })

  test('appends to a list, or puts at a place', () => {
    expect(run(doc, connect('b.loss', true)).nodes.t!.in.loss).toEqual(['a.loss', 'b.loss'])
    expect(run(doc, connect('b.loss', true, 0)).nodes.t!.in.loss).toEqual(['b.loss', 'a.loss'])
  })

  test('a list holds a wire once', () => {
    const two = run(doc, connect('b.loss', true))
    expect(run(two, connect('a.loss', true))).toBe(two)
    expect(run(two, connect('a.loss', true, 1)).nodes.t!.in.loss).toEqual(['b.loss', 'a.loss'])
  })

  test('an input without wires is not in the file', () => {
    expect(run(doc, { type: 'disconnect', node: 't', port: 'loss', from: 'a.loss' }).nodes.t!.in).toEqual({})
    expect(run(doc, { type: 'disconnect', node: 't', port: 'loss' }).nodes.t!.in).toEqual({})
  })
})

test.each<[string, GraphCommand]>([
  ['there is a node "loss" already', { type: 'addNode', id: 'loss', node: node('x'), at: [0, 0] }],
  ['"Loss" is no id of a node', { type: 'addNode', id: 'Loss', node: node('x'), at: [0, 0] }],
  ['a place is two numbers', { type: 'addNode', id: 'x', node: node('x'), at: [0, Number.NaN] }],
  ['there is no node "constructor"', { type: 'removeNodes', ids: ['loss', 'constructor'] }],
  ['there is no node "x"', { type: 'moveNodes', to: { x: [0, 0] } }],
  ['a parameter needs a name', { type: 'setParam', node: 'loss', path: [], value: 1 }],
  ['must be a plain value', { type: 'setParam', node: 'loss', path: ['a'], value: Number.NaN }],
  ['must be a plain value', { type: 'setParam', node: 'loss', path: ['a'], value: { b: undefined } }],
  ['there is no place "size.x"', { type: 'setParam', node: 'batch', path: ['size', 'x'], value: 1 }],
  ['there is no place "__proto__"', { type: 'setParam', node: 'batch', path: ['__proto__'], value: {} }],
  ['there is no place', { type: 'setParam', node: 'batch', path: ['__proto__', 'x'], value: 1 }],
  ['there is no node "x"', { type: 'connect', from: 'x.out', node: 'loss', port: 'pairs', list: false }],
  ['"x" is no wire', { type: 'connect', from: 'x', node: 'loss', port: 'pairs', list: false }],
  ['nothing is wired there', { type: 'disconnect', node: 'loss', port: 'other' }],
  ['nothing is wired there', { type: 'disconnect', node: 'loss', port: 'pairs', from: 'x.y' }],
  ['a seed is a whole number', { type: 'setMeta', meta: { seed: -1 } }],
  ['the order must name every node', { type: 'restore', nodes: {}, view: {}, order: ['loss'] }],
  ['there is no node "x"', { type: 'restore', nodes: { x: null }, view: {} }],
])('refuses: %s', (message, c) => {
  expect(() => applyCommand(start, c)).toThrowError(message)
})

test('setting what is there already is no edit', () => {
  const size = start.nodes.batch!.params.size
  expect(run(start, { type: 'setParam', node: 'batch', path: ['size'], value: size })).toBe(start)
  expect(run(start, { type: 'setParam', node: 'batch', path: ['nothing', 'here'] })).toBe(start)
  expect(run(start, { type: 'group', label: '', commands: [] })).toBe(start)
  expect(run(start, { type: 'setMeta', meta: { title: start.meta.title } })).toBe(start)
})

describe('history', () => {
  const typing = (value: number): GraphCommand => ({ type: 'setParam', node: 'batch', path: ['size'], value })
  const edit = (history: History, document: GraphDocument, c: GraphCommand, at: number): GraphDocument => {
    const next = run(document, c)
    history.push(next, labelOf(c), at, joinKey(c))
    return next
  }

  test('typing into one field is one step, until there is a pause', () => {
    const history = new History(start)
    let doc = edit(history, start, typing(1), 0)
    doc = edit(history, doc, typing(12), 400)
    doc = edit(history, doc, typing(127), 1_300)
    edit(history, doc, typing(5), 9_000)
    expect(history.undo()!.document.nodes.batch!.params.size).toBe(127)
    expect(history.undo()!.document).toBe(start)
    expect(history.undo()).toBeNull()
    expect(history.redoLabel).toBe('Change size')
  })

  test('another field begins another step', () => {
    const history = new History(start)
    const doc = edit(history, start, typing(1), 0)
    edit(history, doc, { type: 'setParam', node: 'batch', path: ['imageSize'], value: 32 }, 10)
    expect(history.undo()!.document).toBe(doc)
  })

  test('what was saved can be reached again, and is clean', () => {
    const history = new History(start)
    let doc = edit(history, start, typing(1), 0)
    expect(history.dirty).toBe(true)
    history.markSaved()
    expect(history.dirty).toBe(false)
    doc = edit(history, doc, typing(2), 10)
    expect(history.dirty).toBe(true)
    history.undo()
    expect(history.dirty).toBe(false)
    history.undo()
    expect(history.dirty).toBe(true)
    history.redo()
    expect(history.dirty).toBe(false)
    history.markUnsaved()
    expect(history.dirty).toBe(true)
  })

  test('an edit forgets what was undone', () => {
    const history = new History(start)
    edit(history, start, typing(1), 0)
    history.undo()
    edit(history, start, typing(2), 10)
    expect(history.redo()).toBeNull()
  })
})

test('labels', () => {
  expect(labelOf({ type: 'moveNodes', to: { a: [0, 0], b: [1, 1] } })).toBe('Move 2 nodes')
  expect(labelOf({ type: 'setParam', node: 'a', path: ['augment', 'crop'] })).toBe('Change augment.crop')
})
