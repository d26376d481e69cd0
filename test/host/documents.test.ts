import { readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { GraphCommand } from '../../src/graph/commands.ts'
import {
  eventually,
  graphText,
  makeFolder,
  putGraph,
  sleep,
  startChild,
  startHost,
  type TestHost,
} from './kit.ts'

const move = (x: number): GraphCommand => ({ type: 'moveNodes', to: { a: [x, 0] } })

/** A window edits a document, and goes without a word. */
async function leaveEdit(host: TestHost, path: string): Promise<void> {
  const window = await host.window()
  const { id } = await window.open(path)
  await window.ask('document.journal', { document: id, command: move(1) })
  window.drop()
}

test('opens, saves over what was opened, and refuses to save over anything else', async () => {
  const host = await startHost()
  const window = await host.window()
  const path = putGraph(makeFolder())
  const opened = await window.open(path)
  expect(opened).toMatchObject({
    path,
    lease: { mode: 'writer' },
    recovered: [],
    lastRun: null,
    bundle: null,
  })
  const text = graphText({}, 'Changed')
  const { version } = await window.ask('document.save', {
    document: opened.id,
    text,
    expected: opened.version,
  })
  expect(readFileSync(path, 'utf8')).toBe(text)
  expect(version).not.toBe(opened.version)
  // Someone else's change stays as it is.
  writeFileSync(path, graphText({}, 'Theirs'))
  const again = { document: opened.id, text, expected: version }
  await expect(window.ask('document.save', again)).rejects.toMatchObject({ fault: { tag: 'conflict' } })
  expect(readFileSync(path, 'utf8')).toBe(graphText({}, 'Theirs'))
  rmSync(path)
  await expect(window.ask('document.save', again)).rejects.toMatchObject({ fault: { tag: 'conflict' } })
})

test('saves under another name, whose lease it takes, and keeps links', async () => {
  const host = await startHost()
  const [a, b] = [await host.window(), await host.window()]
  const folder = makeFolder()
  const opened = await a.ask('document.create', { text: graphText() })
  expect(opened).toMatchObject({ path: null, version: null })
  const save = (path: string) =>
    a.ask('document.save', { document: opened.id, text: graphText(), expected: null, path })
  const path = join(folder, 'new', 'mine.json')
  const saved = await save(path)
  expect(saved.path).toBe(path)
  expect((await b.open(path)).lease.mode).toBe('reader')
  // There is a file of that name already, or it is no graph's name, or someone else edits it.
  const other = putGraph(folder, {}, 'other.json')
  await expect(save(other)).rejects.toMatchObject({ fault: { tag: 'conflict' } })
  await expect(save(join(folder, 'x.txt'))).rejects.toMatchObject({ fault: { tag: 'bad-request' } })
  await b.open(other)
  await expect(save(other)).rejects.toMatchObject({ fault: { tag: 'read-only' } })
  await a.ask('document.save', { document: opened.id, text: graphText(), expected: saved.version })

  const target = putGraph(folder, {}, 'target.json')
  symlinkSync(target, join(folder, 'link.json'))
  const linked = await a.open(join(folder, 'link.json'))
  expect(linked.path).toBe(target)
})

test('opens only graphs', async () => {
  const host = await startHost()
  const window = await host.window()
  const folder = makeFolder()
  writeFileSync(join(folder, 'a.json'), '[1, 2')
  const fault = (path: string) => window.open(path).catch((e: { fault: unknown }) => e.fault)
  expect(await fault(join(folder, 'a.json'))).toMatchObject({
    tag: 'not-a-graph',
    diagnostics: [{ line: 1 }],
  })
  expect(await fault(join(folder, 'b.json'))).toMatchObject({ tag: 'not-found' })
  expect(await fault(folder)).toMatchObject({ tag: 'bad-request' })
  const create = window.ask('document.create', { text: 'no' })
  await expect(create).rejects.toMatchObject({ fault: { tag: 'not-a-graph' } })
})

test('tells of changes on the disk, also by rename, and not of its own', async () => {
  const host = await startHost()
  const window = await host.window()
  const folder = makeFolder()
  const path = putGraph(folder)
  const opened = await window.open(path)
  await window.ask('document.save', {
    document: opened.id,
    text: graphText({}, 'B'),
    expected: opened.version,
  })
  await sleep(500)
  expect(window.events('document.changedOnDisk')).toEqual([])
  const other = putGraph(folder, { steps: 9 }, '.graph.json.swp')
  renameSync(other, path)
  await eventually(() => window.events('document.changedOnDisk').length === 1)
  rmSync(path)
  await eventually(() => window.events('document.changedOnDisk').length === 2)
  const [changed, gone] = window.events('document.changedOnDisk')
  expect(changed).toMatchObject({ document: opened.id, version: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(gone!.version).toBeNull()
})

test('one window writes; the others read, take over, or come next', async () => {
  const host = await startHost()
  const [a, b, c] = [await host.window(), await host.window(), await host.window()]
  const path = putGraph(makeFolder())
  const ofA = await a.open(path)
  const ofB = await b.open(path)
  expect(ofB.lease).toEqual({ mode: 'reader', holder: expect.stringContaining('another window') })
  const edit = (w: typeof a, document: string) => w.ask('document.journal', { document, command: move(1) })
  await edit(a, ofA.id)
  await expect(edit(b, ofB.id)).rejects.toMatchObject({ fault: { tag: 'read-only' } })
  const save = b.ask('document.save', { document: ofB.id, text: graphText(), expected: ofB.version })
  await expect(save).rejects.toMatchObject({ fault: { tag: 'read-only' } })
  await b.ask('document.takeOver', { document: ofB.id })
  expect(a.events('document.lease')).toMatchObject([{ document: ofA.id, lease: { mode: 'reader' } }])
  expect(b.events('document.lease')).toMatchObject([{ document: ofB.id, lease: { mode: 'writer' } }])
  await edit(b, ofB.id)
  await expect(edit(a, ofA.id)).rejects.toMatchObject({ fault: { tag: 'read-only' } })
  // Nobody reaches into another window's document.
  await expect(edit(c, ofB.id)).rejects.toMatchObject({ fault: { tag: 'not-found' } })
  await c.open(path)
  b.drop()
  await eventually(() => a.events('document.lease').at(-1)?.lease.mode === 'writer')
  // A window that opens its own file anew does not stand in its own way.
  expect((await a.open(path)).lease.mode).toBe('writer')
})

test('two processes: one writes, takeover is told, a killed writer leaves its edits', async () => {
  const config = makeFolder()
  const path = putGraph(makeFolder())
  const host = await startHost({ config })
  const [child, window] = [await startChild(config), await host.window()]
  const theirs = await child.open(path)
  const ours = await window.open(path)
  expect([theirs.lease.mode, ours.lease.mode]).toEqual(['writer', 'reader'])
  expect(ours.lease).toMatchObject({ holder: expect.stringContaining(String(child.process.pid)) })
  await window.ask('document.takeOver', { document: ours.id })
  const late = child.ask('document.journal', { document: theirs.id, command: move(1) })
  await expect(late).rejects.toMatchObject({ fault: { tag: 'read-only' } })
  await eventually(() => child.events('document.lease').at(-1)?.lease.mode === 'reader')
  await child.ask('document.takeOver', { document: theirs.id })
  await eventually(() => window.events('document.lease').at(-1)?.lease.mode === 'reader')

  const edits = Array.from({ length: 200 }, (_, i) => move(i))
  for (const command of edits) await child.ask('document.journal', { document: theirs.id, command })
  child.process.kill('SIGKILL')
  await child.ended
  // The reader comes next; whoever opens the file now gets every edit that was confirmed.
  await eventually(() => window.events('document.lease').at(-1)?.lease.mode === 'writer')
  const again = await window.open(path)
  expect(again.recovered).toEqual(edits)
  expect(again.lease.mode).toBe('writer')
})

test('edits that were not waited for are lost for at most a second', async () => {
  const config = makeFolder()
  const path = putGraph(makeFolder())
  const child = await startChild(config)
  const { id } = await child.open(path)
  const sent: number[] = []
  for (let i = 0; i < 120; i++) {
    sent.push(Date.now())
    void child.ask('document.journal', { document: id, command: move(i) }).catch(() => {})
    await sleep(10)
  }
  const killed = Date.now()
  child.process.kill('SIGKILL')
  await child.ended
  const host = await startHost({ config })
  const { recovered } = await (await host.window()).open(path)
  const due = sent.filter(at => at < killed - 1000).length
  expect(recovered.length).toBeGreaterThanOrEqual(due)
  expect(recovered).toEqual(recovered.map((_, i) => move(i)))
})

test('edits that were being taken over when that host was killed are taken over by the next', async () => {
  const config = makeFolder()
  const path = putGraph(makeFolder())
  const child = await startChild(config)
  const { id } = await child.open(path)
  await child.ask('document.journal', { document: id, command: move(1) })
  child.process.kill('SIGKILL')
  await child.ended
  // As the second of three hosts would leave it: the name is the claim.
  const journals = join(config, 'journals')
  const [name] = readdirSync(journals)
  renameSync(join(journals, name!), join(journals, `${name}.${child.process.pid}-.claimed`))
  const host = await startHost({ config })
  const window = await host.window()
  const again = await window.open(path)
  expect(again.recovered).toEqual([move(1)])
  await window.ask('document.close', { document: again.id })
  expect(readdirSync(journals)).toEqual([])
})

test('a reload finds its edits; saving and closing forget them; a torn line is left out', async () => {
  const host = await startHost()
  const journals = () => readdirSync(join(host.config, 'journals'))
  const path = putGraph(makeFolder())
  let window = await host.window()
  let opened = await window.open(path)
  const edit = (x: number) => window.ask('document.journal', { document: opened.id, command: move(x) })
  await edit(1)
  await edit(2)
  const reload = async () => {
    window.drop()
    await sleep(50)
    window = await host.window()
    opened = await window.open(path)
  }
  await reload()
  expect(opened.recovered).toEqual([move(1), move(2)])
  await edit(3)
  window.drop()
  await sleep(50)
  const [name] = journals()
  writeFileSync(join(host.config, 'journals', name!), '{"type":"moveNo', { flag: 'a' })
  window = await host.window()
  opened = await window.open(path)
  expect(opened.recovered).toEqual([move(1), move(2), move(3)])
  await window.ask('document.save', {
    document: opened.id,
    text: graphText({}, 'B'),
    expected: opened.version,
  })
  expect(journals()).toEqual([])
  await edit(4)
  await reload()
  expect(opened.recovered).toEqual([move(4)])
  await window.ask('document.close', { document: opened.id })
  expect(journals()).toEqual([])
})

test('edits of another content are kept, but not given', async () => {
  const host = await startHost()
  const path = putGraph(makeFolder())
  await leaveEdit(host, path)
  await sleep(50)
  writeFileSync(path, graphText({}, 'Theirs'))
  const second = await host.window()
  expect((await second.open(path)).recovered).toEqual([])
  expect(readdirSync(join(host.config, 'journals'))).toEqual([expect.stringMatching(/unfit$/)])
})

test('a document without a file is journalled too', async () => {
  const config = makeFolder()
  const child = await startChild(config)
  const text = graphText({}, 'New')
  const { id } = await child.ask('document.create', { text })
  await child.ask('document.journal', { document: id, command: move(7) })
  child.process.kill('SIGKILL')
  await child.ended
  const host = await startHost({ config })
  const window = await host.window()
  expect((await window.ask('document.create', { text: graphText({}, 'Other') })).recovered).toEqual([])
  expect((await window.ask('document.create', { text })).recovered).toEqual([move(7)])
})

test('lists graphs and folders', async () => {
  const host = await startHost()
  const window = await host.window()
  const folder = makeFolder()
  const path = putGraph(folder, {}, 'b.json')
  putGraph(join(folder), {}, '.hidden.json')
  writeFileSync(join(folder, 'notes.txt'), '')
  await window.open(path)
  putGraph(host.config, {}, 'bundled.json')
  const graphs = await window.ask('graphs.list', {})
  expect(graphs.map(g => [g.kind, g.path])).toEqual([
    ['bundled', join(host.config, 'bundled.json')],
    ['recent', path],
  ])
  const listing = await window.ask('files.list', {})
  expect(listing).toMatchObject({ folder, entries: [{ name: 'b.json', kind: 'graph' }] })
  expect(statSync(join(host.config, 'settings.json')).size).toBeGreaterThan(0)
  const settings = await window.ask('settings.write', { theme: 'dark' })
  expect(settings).toEqual({
    ...{ theme: 'dark', recent: [path], keys: {}, places: [], snapshotMegabytes: 512 },
  })
  expect(window.events('settings.changed').at(-1)).toEqual(settings)
})

test('a window that goes while it opens a document leaves the edits to the next', async () => {
  const host = await startHost()
  const path = putGraph(makeFolder())
  await leaveEdit(host, path)
  // Somewhere between being asked and having answered.
  for (let turns = 0; turns < 60; turns++) {
    const window = await host.window()
    window.ask('document.open', { path }).catch(() => {
      // Nobody is there to be told.
    })
    for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve))
    window.drop()
    await sleep(20)
  }
  expect((await (await host.window()).open(path)).recovered).toEqual([move(1)])
})
