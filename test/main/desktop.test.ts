import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MessagePort } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { PortMessage } from '../../src/main/port-transport.ts'
import type { Method } from '../../src/protocol/workbench.ts'
import * as fake from './fake-electron.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
vi.mock('electron-store', () => ({
  default: class {
    get(): undefined {}
    set(): void {}
  },
}))

const project = fileURLToPath(new URL('../../', import.meta.url))
let folder: string
let graph: string

/** The desktop shell itself, on a stand-in for Electron: its windows, ports, menus and end. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diptych-desktop-'))
  graph = join(folder, 'graph.json')
  await copyFile(join(project, 'graphs', 'clip-emoji.json'), graph)
  vi.stubEnv('DIPTYCH_CONFIG', join(folder, 'config'))
  vi.stubEnv('DIPTYCH_CACHE', join(folder, 'cache'))
  // Nothing is to be fetched here.
  vi.stubEnv('DIPTYCH_PJRT_PLUGIN', join(folder, 'plugin.so'))
  process.argv = ['electron', join('out', 'main', 'index.js'), graph]
  await import('../../src/main/index.ts')
  await vi.waitFor(() => expect(fake.BrowserWindow.all).toHaveLength(1))
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

const first = () => fake.BrowserWindow.all[0]!

/** Asks as the page does, and acknowledges what comes. */
async function ask(port: MessagePort, id: number, method: Method, params: unknown): Promise<PortMessage> {
  port.postMessage({ id, method, params })
  for (;;) {
    const [message] = (await once(port, 'message')) as [PortMessage]
    port.postMessage({ ack: message.size })
    if ('id' in message.frame && message.frame.id === id) return message
  }
}

describe('the desktop shell', () => {
  test('keeps its own things with the rest, and may start once', () => {
    expect(fake.app.paths.get('userData')).toBe(join(folder, 'config', 'desktop'))
    expect(fake.app.requestSingleInstanceLock).toHaveBeenCalledTimes(1)
  })

  test('serves the window under its own scheme, and nothing else', async () => {
    const [scheme, answer] = fake.protocol.handle.mock.calls[0]!
    expect(scheme).toBe('diptych')
    const built = existsSync(join(project, 'out', 'renderer', 'index.html'))
    const page = await answer({ url: 'diptych://app/index.html' })
    expect(page.status).toBe(built ? 200 : 404)
    for (const url of ['diptych://app/missing.js', 'diptych://app/..%2fmain%2findex.js'])
      expect((await answer({ url })).status).toBe(404)
  })

  test('opens a window that can do nothing by itself, on the graph that was named', () => {
    const { options, webContents } = first()
    expect(options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
    })
    expect(webContents.url).toBe(`diptych://app/index.html#open=${encodeURIComponent(graph)}`)
    expect(webContents.mayAsk(null, 'media')).toBe(false)
    expect(webContents.mayAsk(null, 'clipboard-sanitized-write')).toBe(true)
    expect(webContents.opener({ url: 'file:///etc/passwd' })).toEqual({ action: 'deny' })
    expect(fake.shell.openExternal).not.toHaveBeenCalled()
    expect(webContents.opener({ url: 'https://arxiv.org/abs/2103.00020' })).toEqual({ action: 'deny' })
    expect(fake.shell.openExternal).toHaveBeenCalledTimes(1)
    let isPrevented = false
    webContents.emit('will-navigate', {
      preventDefault: () => {
        isPrevented = true
      },
    })
    expect(isPrevented).toBe(true)
  })

  test('answers over the port, with the same host as everywhere', async () => {
    const port = first().webContents.ports[0]!
    const hello = await ask(port, 1, 'session.hello', { client: 'window' })
    expect(hello.frame).toMatchObject({
      ok: true,
      result: { shell: 'desktop', settings: { theme: 'system' } },
    })
    const opened = await ask(port, 2, 'document.open', { path: graph })
    expect(opened.frame).toMatchObject({ ok: true, result: { lease: { mode: 'writer' }, recovered: [] } })
  })

  test('a second start opens a second window in this process', async () => {
    fake.app.emit('second-instance', {}, ['electron', 'out/main/index.js', 'graph.json'], folder)
    const second = fake.BrowserWindow.all[1]!
    expect(second.webContents.url).toBe(`diptych://app/index.html#open=${encodeURIComponent(graph)}`)
    const port = second.webContents.ports[0]!
    await ask(port, 1, 'session.hello', { client: 'window' })
    const opened = await ask(port, 2, 'document.open', { path: graph })
    expect(opened.frame).toMatchObject({ ok: true, result: { lease: { mode: 'reader' } } })
    second.close()
    expect(fake.BrowserWindow.all).toHaveLength(1)
  })

  test('a window that is loaded again gets a session of its own', async () => {
    const { webContents } = first()
    const [before] = webContents.ports
    webContents.emit('did-finish-load')
    const after = webContents.ports.at(-1)!
    expect(after).not.toBe(before)
    before!.close()
    expect((await ask(after, 1, 'session.hello', { client: 'window' })).frame).toMatchObject({ ok: true })
  })

  test('ends with its last window when nothing runs', async () => {
    first().close()
    await vi.waitFor(() => expect(fake.app.exit).toHaveBeenCalledWith(0), { timeout: 5000 })
    expect(fake.dialog.showMessageBox).not.toHaveBeenCalled()
  })
})
