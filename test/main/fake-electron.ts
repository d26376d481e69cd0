import { EventEmitter } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { vi } from 'vitest'
import type { Port } from '../../src/main/port-transport.ts'

/** A Node port that speaks as Electron's do: listeners get an event with `data`. */
class FakePortMain implements Port {
  readonly port: MessagePort

  constructor(port: MessagePort) {
    this.port = port
  }

  postMessage(message: unknown): void {
    this.port.postMessage(message)
  }

  on(event: 'message' | 'close', listener: (event: { readonly data: unknown }) => void): void {
    this.port.on(event, (data: unknown) => listener({ data }))
  }

  start(): void {
    this.port.start()
  }

  close(): void {
    this.port.close()
  }
}

export class FakeContents extends EventEmitter {
  url = ''
  /** Ports that were handed to the page. */
  readonly ports: MessagePort[] = []
  opener: (target: { readonly url: string }) => unknown = () => undefined
  mayAsk: (contents: unknown, permission: string) => boolean = () => true
  readonly session = {
    setPermissionRequestHandler: vi.fn(),
    setPermissionCheckHandler: (check: FakeContents['mayAsk']) => {
      this.mayAsk = check
    },
  }

  getURL(): string {
    return this.url
  }

  setWindowOpenHandler(opener: FakeContents['opener']): void {
    this.opener = opener
  }

  postMessage(_channel: string, _message: unknown, ports: readonly FakePortMain[]): void {
    this.ports.push(...ports.map(({ port }) => port))
  }
}

export class FakeWindow extends EventEmitter {
  static all: FakeWindow[] = []
  readonly options: Readonly<Record<string, unknown>>
  readonly webContents = new FakeContents()

  static getAllWindows(): readonly FakeWindow[] {
    return FakeWindow.all
  }

  constructor(options: Readonly<Record<string, unknown>>) {
    super()
    this.options = options
    FakeWindow.all.push(this)
  }

  async loadURL(url: string): Promise<void> {
    this.webContents.url = url
    this.webContents.emit('did-finish-load')
  }

  show(): void {}

  close(): void {
    let isPrevented = false
    this.emit('close', {
      preventDefault: () => {
        isPrevented = true
      },
    })
    if (isPrevented) return
    for (const port of this.webContents.ports) port.close()
    FakeWindow.all = FakeWindow.all.filter(window => window !== this)
    if (FakeWindow.all.length === 0) app.emit('window-all-closed')
  }
}

class FakeApp extends EventEmitter {
  readonly paths = new Map<string, string>()
  readonly exit = vi.fn()
  readonly quit = vi.fn()
  readonly requestSingleInstanceLock = vi.fn(() => true)
  readonly setName = vi.fn()

  setPath(name: string, path: string): void {
    this.paths.set(name, path)
  }

  async whenReady(): Promise<void> {}
}

export const app = new FakeApp()
export const BrowserWindow = FakeWindow
export const dialog = { showMessageBox: vi.fn(), showOpenDialog: vi.fn() }
export const Menu = { buildFromTemplate: vi.fn((template: unknown) => template), setApplicationMenu: vi.fn() }
export const nativeTheme = { shouldUseDarkColors: false }
export const shell = { openExternal: vi.fn() }
export const protocol = {
  registerSchemesAsPrivileged: vi.fn(),
  handle: vi.fn<(scheme: string, answer: (request: { readonly url: string }) => Promise<Response>) => void>(),
}
export class MessageChannelMain {
  readonly port1: FakePortMain
  readonly port2: FakePortMain

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.port1 = new FakePortMain(port1)
    this.port2 = new FakePortMain(port2)
  }
}
