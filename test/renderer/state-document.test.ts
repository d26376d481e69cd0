import { describe, expect, test } from 'vitest'
import { applyCommand } from '../../src/graph/apply-command.ts'
import type { GraphCommand } from '../../src/graph/commands.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { FakeHost, Refused } from './fake-host.ts'
import { CLIP, clipText, openWindow, settle } from './kit.ts'

const resize: GraphCommand = { type: 'setParam', node: 'batch', path: ['size'], value: 64 }
const wrongWire: GraphCommand = {
  type: 'connect',
  from: 'train_emoji.dataset',
  node: 'loss',
  port: 'pairs',
  list: false,
}
const remove: GraphCommand = { type: 'removeNodes', ids: ['loss'] }

test('a window begins with the welcome graph, and its sources are read', async () => {
  const { doc, kept } = await openWindow()
  expect(doc().path).toBe(CLIP)
  expect(doc().document.meta.title).toBe('CLIP on emoji')
  expect(doc().dirty).toBe(false)
  expect(doc().schemas['train_emoji.dataset']).toMatchObject({ state: 'known' })
  expect(doc().checked.ok).toBe(true)
  expect(doc().checked.types.get('batch.image')).toMatchObject({ kind: 'tensor' })
  expect(kept).toEqual([{ path: CLIP }])
})

test('a source is pending until the engine has read it', async () => {
  const host = new FakeHost()
  let answer: (() => void) | undefined
  const read = host.answers['schemas.read']
  host.answers['schemas.read'] = async params => {
    await new Promise<void>(done => {
      answer = done
    })
    return read(params)
  }
  const { doc } = await openWindow({ host })
  expect(doc().schemas['train_emoji.dataset']).toEqual({ state: 'pending' })
  expect(doc().checked.types.get('train_emoji.dataset')).toEqual({ kind: 'unknown' })
  expect(doc().checked.ok).toBe(true)
  answer!()
  await settle()
  expect(doc().checked.types.get('train_emoji.dataset')).toMatchObject({ kind: 'dataset' })
})

test('only a source that changed is pending again, and a later look replaces one under way', async () => {
  const { doc, host } = await openWindow()
  host.asked.length = 0
  doc().run({ type: 'setParam', node: 'train_emoji', path: ['language'], value: 'd' })
  doc().run({ type: 'setParam', node: 'train_emoji', path: ['language'], value: 'de' })
  expect(doc().schemas['train_emoji.dataset']).toEqual({ state: 'pending' })
  expect(doc().schemas['test_emoji.dataset']).toMatchObject({ state: 'known' })
  await settle()
  expect(doc().schemas['train_emoji.dataset']).toMatchObject({ state: 'known' })
  expect(host.cancelled).toHaveLength(1)
  host.asked.length = 0
  doc().run(resize)
  await settle()
  expect(host.asked.map(a => a.method)).toEqual(['document.journal'])
})

test('a source that can’t be read says why', async () => {
  const host = new FakeHost()
  host.answers['schemas.read'] = () => ({
    schemas: { 'train_emoji.dataset': { state: 'failed', message: 'there is no language "xx"' } },
  })
  const { doc } = await openWindow({ host })
  expect(doc().faults.get('train_emoji')).toMatchObject([
    { code: 'DT060', message: 'there is no language "xx"' },
  ])
})

test('sources that a crashed engine could not read are read when it is started again, and not twice', async () => {
  const host = new FakeHost()
  const read = host.answers['schemas.read']
  host.answers['schemas.read'] = () => {
    throw new Refused('engine', 'The engine crashed (signal SIGKILL).')
  }
  const { doc } = await openWindow({ host })
  expect(doc().faults.get('train_emoji')).toMatchObject([{ code: 'DT060' }])
  host.emit('engine.state', { state: 'crashed', reason: 'The engine crashed (signal SIGKILL).', log: '' })
  host.answers['schemas.read'] = async params => {
    // The question itself may crash an engine, and be asked of a new one.
    host.emit('engine.state', { state: 'crashed', reason: 'The engine crashed (signal SIGKILL).', log: '' })
    host.emit('engine.state', { state: 'starting' })
    return read(params)
  }
  host.asked.length = 0
  host.emit('engine.state', { state: 'starting' })
  await settle()
  expect(host.asked.filter(a => a.method === 'schemas.read')).toHaveLength(1)
  expect(doc().checked.ok).toBe(true)
})

describe('editing', () => {
  test('checks at once, and undo takes the fault away', async () => {
    const { doc } = await openWindow()
    doc().run(wrongWire)
    expect(doc().checked.ok).toBe(false)
    expect(doc().faults.get('loss')).toMatchObject([{ code: 'DT030', port: 'pairs' }])
    expect(doc().undoLabel).toBe('Connect')
    doc().undo()
    expect(doc().checked.ok).toBe(true)
    expect(doc()).toMatchObject({ dirty: false, canUndo: false, canRedo: true, redoLabel: 'Connect' })
    doc().redo()
    expect(doc().checked.ok).toBe(false)
  })

  test('is journalled in order, undo too, so that a replay gives the same document', async () => {
    const { doc, journal } = await openWindow()
    doc().run(resize)
    doc().run(remove)
    doc().undo()
    doc().run({ type: 'moveNodes', to: { loss: [1, 2] } })
    await settle()
    expect(journal().map(c => c.type)).toEqual(['setParam', 'removeNodes', 'restore', 'moveNodes'])
    const replayed = journal().reduce((d, c) => applyCommand(d, c).document, parseGraph(clipText).document!)
    expect(writeGraph(replayed)).toBe(writeGraph(doc().document))
  })

  test('what can’t be done is said and changes nothing', async () => {
    const { doc, toasts, journal } = await openWindow()
    const before = doc().document
    doc().run({ type: 'setTitle', node: 'nobody', title: 'x' })
    await settle()
    expect(doc().document).toBe(before)
    expect(toasts()).toEqual(['That can\'t be done: there is no node "nobody"'])
    expect(journal()).toEqual([])
  })

  test('what does not change stays the same object', async () => {
    const { doc } = await openWindow()
    const before = doc()
    doc().run({ type: 'moveNodes', to: { loss: [1, 2] } })
    expect(doc().checked).toBe(before.checked)
    doc().run({ type: 'setParam', node: 'adamw', path: ['weightDecay'], value: 0.2 })
    expect(doc().checked.nodes.get('vision')).toBe(before.checked.nodes.get('vision'))
    expect(doc().checked.nodes.get('adamw')).not.toBe(before.checked.nodes.get('adamw'))
    expect(doc().checked.types.get('batch.image')).toBe(before.checked.types.get('batch.image'))
  })

  test('what is not there is not selected: an edit that was refused has brought nothing', async () => {
    const { doc } = await openWindow()
    doc().select({ nodes: ['loss', 'ghost'] })
    expect(doc().selection.nodes).toEqual(['loss'])
  })

  test('a selection keeps what is still there', async () => {
    const { doc } = await openWindow()
    doc().select({ nodes: ['loss', 'train'] })
    doc().run(remove)
    expect(doc().selection).toEqual({ nodes: ['train'], wire: null })
    const wire = { node: 'train', port: 'optimizer', from: 'adamw.optimizer' }
    doc().select({ wire })
    expect(doc().selection).toEqual({ nodes: [], wire })
    doc().run({ type: 'disconnect', node: 'train', port: 'optimizer' })
    expect(doc().selection).toEqual({ nodes: [], wire: null })
  })
})

describe('files', () => {
  test('saving writes the canonical text, and undo back to it is clean', async () => {
    const { doc, actions, host, journal } = await openWindow()
    doc().run(resize)
    expect(await actions.save()).toBe(true)
    expect(parseGraph(host.files.get(CLIP)!.text).document).toEqual(doc().document)
    expect(doc()).toMatchObject({ dirty: false, version: host.files.get(CLIP)!.version })
    expect(journal()).toEqual([])
    doc().run(remove)
    doc().undo()
    expect(doc().dirty).toBe(false)
  })

  test('edits made while it is being saved follow after it', async () => {
    const { doc, actions, host, journal } = await openWindow()
    doc().run(resize)
    const save = host.answers['document.save']
    host.answers['document.save'] = params => {
      doc().run(remove)
      return save(params)
    }
    expect(await actions.save()).toBe(true)
    await settle()
    expect(doc().dirty).toBe(true)
    expect(journal()).toEqual([remove])
    expect(host.files.get(CLIP)!.text).toContain('"loss": {')
  })

  test('a file that someone else wrote is a conflict: reload, or keep mine', async () => {
    const { doc, actions, host } = await openWindow()
    doc().run(resize)
    host.write(CLIP, clipText.replace('CLIP on emoji', 'Theirs'))
    expect(await actions.save()).toBe(false)
    expect(doc().changedOnDisk).toEqual({ version: null })
    const { version } = host.files.get(CLIP)!
    host.emit('document.changedOnDisk', { document: doc().id!, version })
    expect(doc().changedOnDisk).toEqual({ version })
    actions.keepMine()
    expect(doc()).toMatchObject({ changedOnDisk: null, dirty: true })
    expect(await actions.save()).toBe(true)
    host.write(CLIP, clipText.replace('CLIP on emoji', 'Theirs'))
    host.emit('document.changedOnDisk', { document: doc().id!, version: host.files.get(CLIP)!.version })
    await actions.reload()
    expect(doc().document.meta.title).toBe('Theirs')
    expect(doc()).toMatchObject({ dirty: false, canUndo: false, changedOnDisk: null })
  })

  test('saving over another file is asked for, and then replaces it', async () => {
    const { doc, actions, host, toasts } = await openWindow()
    host.write('/graphs/other.json', clipText)
    expect(await actions.saveAs('/graphs/other.json')).toBe(false)
    expect(toasts()).toHaveLength(1)
    expect(await actions.saveAs('/graphs/other.json', true)).toBe(true)
    expect(doc().path).toBe('/graphs/other.json')
  })

  test('what is no graph is not opened, and what is open stays', async () => {
    const { doc, actions, host, session } = await openWindow()
    host.write('/graphs/bad.json', '{\n"format": "else" }')
    expect(await actions.open('/graphs/bad.json')).toBe(false)
    expect(await actions.open('/graphs/none.json')).toBe(false)
    expect(doc()).toMatchObject({ path: CLIP, busy: null })
    expect(session.getState().toasts[0]).toMatchObject({
      kind: 'bad',
      hint: expect.stringMatching(/^line 2: /),
    })
  })

  test('a reader is not edited until it takes over', async () => {
    const { doc, actions, host, toasts } = await openWindow()
    host.emit('document.lease', { document: doc().id!, lease: { mode: 'reader', holder: 'another window' } })
    const before = doc().document
    doc().run(resize)
    expect(doc().document).toBe(before)
    expect(await actions.save()).toBe(false)
    expect(toasts()).toEqual(['This document is read-only here'])
    await actions.takeOver()
    doc().run(resize)
    expect(doc().document).not.toBe(before)
  })

  test('a reader whose writer is gone gets its edits with the lease', async () => {
    const { doc, tabs, host, journal } = await openWindow()
    const lose = (id: string) =>
      host.emit('document.lease', { document: id, lease: { mode: 'reader', holder: 'another window' } })
    const gain = (id: string) => host.emit('document.lease', { document: id, lease: { mode: 'writer' } })
    lose(doc().id!)
    host.orphans.set(CLIP, [resize])
    gain(doc().id!)
    await settle()
    expect(doc()).toMatchObject({ lease: { mode: 'writer' }, recovered: 1, dirty: true })
    expect(doc().document).toEqual(applyCommand(parseGraph(clipText).document!, resize).document)
    expect(journal()).toEqual([resize])

    // The same while another document is shown.
    doc().undo()
    await settle()
    const { id } = doc()
    lose(id!)
    await tabs.openText()
    await settle()
    host.orphans.set(CLIP, [remove])
    gain(id!)
    tabs.turn(1)
    await settle()
    expect(doc()).toMatchObject({ path: CLIP, lease: { mode: 'writer' }, recovered: 1 })
  })

  test('edits of a session that ended badly come back, and can be undone', async () => {
    const host = new FakeHost()
    host.orphans.set(CLIP, [resize, remove])
    const { doc, actions } = await openWindow({ host })
    expect(doc()).toMatchObject({ recovered: 2, dirty: true, undoLabel: 'Recovered edits' })
    expect(doc().document.nodes.loss).toBeUndefined()
    doc().undo()
    expect(doc().document.nodes.loss).toBeDefined()
    expect(doc().dirty).toBe(false)
    actions.dismissRecovered()
    expect(doc().recovered).toBe(0)
  })

  test('recovered edits that no longer fit are left out, and it is said', async () => {
    const host = new FakeHost()
    host.orphans.set(CLIP, [resize, { type: 'removeNodes', ids: ['gone'] }, remove])
    const { doc, toasts } = await openWindow({ host })
    expect(doc().document.nodes.batch!.params.size).toBe(64)
    expect(doc().document.nodes.loss).toBeDefined()
    expect(toasts()[0]).toMatch(/^2 of 3 edits/)
  })

  test('a reload shows what was open before', async () => {
    const host = new FakeHost()
    host.write('/graphs/other.json', clipText)
    const { doc } = await openWindow({ host, remembered: { path: '/graphs/other.json' } })
    expect(doc().path).toBe('/graphs/other.json')
  })

  test('without anything to open there is a new document', async () => {
    const host = new FakeHost()
    host.welcome = '/graphs/none.json'
    const { doc, kept } = await openWindow({ host })
    expect(doc()).toMatchObject({ path: null, dirty: false, document: { meta: { title: 'Untitled graph' } } })
    expect(kept.at(-1)).toHaveProperty('text')
  })
})

describe('a lost connection', () => {
  test('edits made meanwhile are journalled when it is back', async () => {
    const { doc, host, session, journal } = await openWindow()
    doc().run(resize)
    await settle()
    host.drop()
    expect(session.getState().connection).toEqual({ state: 'lost', tries: 1 })
    doc().run(remove)
    await settle()
    host.restore()
    await settle()
    expect(session.getState().connection).toEqual({ state: 'open' })
    expect(journal()).toEqual([resize, remove])
    expect(doc()).toMatchObject({ dirty: true, recovered: 0 })
    expect(doc().document.nodes.loss).toBeUndefined()
  })

  test('a file that changed meanwhile is said', async () => {
    const { doc, host } = await openWindow()
    host.drop()
    host.write(CLIP, clipText.replace('CLIP on emoji', 'Theirs'))
    host.restore()
    await settle()
    expect(doc().changedOnDisk).toEqual({ version: host.files.get(CLIP)!.version })
    expect(doc().document.meta.title).toBe('CLIP on emoji')
  })

  test('an end for good says why', async () => {
    const { host, session, actions, toasts } = await openWindow()
    host.drop('Diptych has ended.')
    expect(session.getState().connection).toEqual({ state: 'closed', reason: 'Diptych has ended.' })
    expect(await actions.save()).toBe(false)
    expect(toasts()).toEqual(['It was not saved: Diptych has ended.'])
  })
})

test('an edit that could not be kept is said once, and kept with the next', async () => {
  const { doc, host, toasts, journal } = await openWindow()
  const keep = host.answers['document.journal']
  host.answers['document.journal'] = () => {
    throw new Refused('disk', 'the disk is full')
  }
  doc().run(resize)
  await settle()
  expect(toasts()).toEqual(['Your last edits are not kept on the disk yet: the disk is full'])
  host.answers['document.journal'] = keep
  doc().run(remove)
  await settle()
  expect(journal()).toEqual([resize, remove])
})

test('a journal that fails does not hold up saving', async () => {
  const { doc, host, actions } = await openWindow()
  host.answers['document.journal'] = () => {
    throw new Refused('disk', 'the disk is full')
  }
  doc().run(remove)
  await settle()
  expect(await actions.save()).toBe(true)
  expect(doc().dirty).toBe(false)
  expect(host.files.get(CLIP)!.text).not.toContain('"loss": {')
  host.asked.length = 0
  doc().run(resize)
  await settle()
  expect(host.asked).toMatchObject([{ params: { command: resize } }])
})
