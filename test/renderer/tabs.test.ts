import { describe, expect, it } from 'vitest'
import { parseGraph } from '../../src/graph/parse.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { clipText, openWindow, settle } from './kit.ts'

const OTHER = '/graphs/other.json'

async function withTwo() {
  const window = await openWindow()
  const { document } = parseGraph(clipText)
  window.host.write(OTHER, writeGraph({ ...document!, meta: { title: 'Other', seed: 1 } }))
  window.doc().run({ type: 'setMeta', meta: { title: 'Edited' } })
  await settle()
  const first = window.doc().id!
  await window.tabs.open(OTHER)
  await settle()
  const { tabs } = window.tabs.store.getState()
  return {
    ...window,
    first,
    keys: tabs.map(tab => tab.key),
    titles: () => window.tabs.store.getState().tabs.map(t => t.title),
  }
}

describe('tabs', () => {
  it('keep what is put aside open on the host, with its edits and its undo', async () => {
    const { doc, host, tabs, first, keys, titles } = await withTwo()
    expect(titles()).toEqual(['Edited', 'Other'])
    expect(doc().document.meta.title).toBe('Other')
    expect(host.open.has(first)).toBe(true)
    expect(tabs.unsaved.map(tab => tab.title)).toEqual(['Edited'])
    tabs.show(keys[0]!)
    expect(doc().id).toBe(first)
    expect(doc().undoLabel).toBe('Change title')
    doc().undo()
    await settle()
    expect(host.journals.get(first)).toHaveLength(2)
    expect(doc().dirty).toBe(false)
  })

  it('an edit belongs to the document that it was made in', async () => {
    const { doc, host, tabs, first, keys } = await withTwo()
    doc().run({ type: 'setMeta', meta: { seed: 5 } })
    const second = doc().id!
    tabs.show(keys[0]!)
    doc().run({ type: 'setMeta', meta: { seed: 6 } })
    await settle()
    expect(host.journals.get(first)).toHaveLength(2)
    expect(host.journals.get(second)).toHaveLength(1)
  })

  it('columns that were still being read when a tab was put aside are read when it is shown', async () => {
    const { doc, host, tabs, keys } = await withTwo()
    const read = host.answers['schemas.read']
    host.answers['schemas.read'] = () => new Promise(() => {})
    tabs.show(keys[0]!)
    doc().run({ type: 'setParam', node: 'train_emoji', path: ['size'], value: 32 })
    await settle()
    expect(doc().schemas['train_emoji.dataset']).toEqual({ state: 'pending' })
    host.answers['schemas.read'] = read
    tabs.show(keys[1]!)
    tabs.show(keys[0]!)
    await settle()
    expect(doc().schemas['train_emoji.dataset']?.state).toBe('known')
  })

  it('a file that is open is shown, not opened again', async () => {
    const { tabs, keys, doc } = await withTwo()
    tabs.show(keys[0]!)
    await tabs.open(OTHER)
    expect(tabs.store.getState().tabs).toHaveLength(2)
    expect(doc().document.meta.title).toBe('Other')
  })

  it('one that is closed is closed on the host; the last leaves a new graph', async () => {
    const { tabs, host, doc, first, titles } = await withTwo()
    await tabs.close(tabs.store.getState().active)
    await settle()
    expect(titles()).toEqual(['Edited'])
    expect(doc().id).toBe(first)
    expect([...host.open.values()]).not.toContain(OTHER)
    await tabs.close(tabs.store.getState().active)
    await settle()
    expect(titles()).toEqual(['Untitled graph'])
    expect(host.open.has(first)).toBe(false)
  })

  it('a text without a file gets a tab of its own; an empty new graph makes room', async () => {
    const { tabs, titles, doc } = await withTwo()
    await tabs.openText()
    await settle()
    expect(titles()).toEqual(['Edited', 'Other', 'Untitled graph'])
    await tabs.openText(clipText)
    await settle()
    expect(titles()).toHaveLength(3)
    expect(doc().path).toBeNull()
    expect(Object.keys(doc().document.nodes).length).toBeGreaterThan(5)
  })

  it('are there again after a reload, in their order, with the same one shown', async () => {
    const { host, tabs, keys } = await withTwo()
    await tabs.openText()
    await settle()
    tabs.show(keys[1]!)
    const kept = tabs.remembered
    expect(kept.active).toBe(1)
    const again = await openWindow({ host, remembered: { path: OTHER }, tabs: kept })
    await settle()
    const state = again.tabs.store.getState()
    expect(state.tabs.map(tab => tab.path)).toEqual(['/graphs/clip-emoji.json', OTHER, null])
    expect(again.doc().path).toBe(OTHER)
    expect(state.tabs[1]!.key).toBe(state.active)
  })

  it('what the host tells of one that is put aside is known when it is shown', async () => {
    const { tabs, keys, first, doc } = await withTwo()
    tabs.tell(first, { lease: { mode: 'reader', holder: 'another window' } })
    tabs.changedOnDisk(first, 'other')
    tabs.show(keys[0]!)
    expect(doc().lease.mode).toBe('reader')
    expect(doc().changedOnDisk).toEqual({ version: 'other' })
  })
})
