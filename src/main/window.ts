import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BrowserWindow, MessageChannelMain, nativeTheme, protocol, shell } from 'electron'
import type { Workbench } from '../host/workbench.ts'
import { PAGE, resolveAsset, SCHEME } from './app-scheme.ts'
import { type Port, portTransport } from './port-transport.ts'

/** All that the page may ask of the system: to put text on the clipboard, such as a table. */
const COPYING = 'clipboard-sanitized-write'

/** Must be called before Electron is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
}

/** Serves the built window, and nothing else. */
export function serveScheme(root: string): void {
  protocol.handle(SCHEME, async request => {
    const asset = resolveAsset(request.url, root)
    if (!asset) return new Response('There is no such page.', { status: 404 })
    try {
      return new Response(new Uint8Array(await readFile(asset.path)), { headers: asset.headers })
    } catch {
      return new Response('There is no such page.', { status: 404 })
    }
  })
}

/** Opens a window on a graph; without one it shows the welcome graph. */
export function openWindow(workbench: Workbench, preload: string, graph?: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Diptych',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#0f1117' : '#f4f5f8',
    webPreferences: { preload, contextIsolation: true, sandbox: true, nodeIntegration: false },
  })
  const contents = window.webContents
  contents.on('will-navigate', event => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    if (url.startsWith('https://')) void shell.openExternal(url)
    return { action: 'deny' }
  })
  contents.session.setPermissionCheckHandler((_contents, permission) => permission === COPYING)
  contents.session.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(permission === COPYING),
  )
  // Each load of the page, a reload too, is a session of its own over a port of its own.
  contents.on('did-finish-load', () => {
    if (new URL(contents.getURL()).protocol !== `${SCHEME}:`) return
    const { port1, port2 } = new MessageChannelMain()
    const session: { current?: ReturnType<Workbench['connect']> } = {}
    const transport = portTransport(
      port1 as Port,
      frame => session.current?.receive(frame),
      () => session.current?.closed(),
    )
    session.current = workbench.connect(transport)
    contents.postMessage('host', null, [port2])
  })
  window.once('ready-to-show', () => window.show())
  void window.loadURL(graph ? `${PAGE}#open=${encodeURIComponent(graph)}` : PAGE)
  return window
}

/** The preload script beside the built shell. */
export const preloadPath = (out: string): string => join(out, 'preload', 'index.cjs')
