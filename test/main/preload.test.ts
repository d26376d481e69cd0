import { expect, test, vi } from 'vitest'
import type { Bridge } from '../../src/protocol/bridge.ts'

const electron = vi.hoisted(() => ({
  bridge: undefined as unknown,
  arrive: (_event: { readonly ports: readonly unknown[] }): void => {},
}))

vi.mock('electron', () => ({
  contextBridge: {
    exposeInMainWorld: (name: string, bridge: unknown) => {
      if (name === 'diptych') electron.bridge = bridge
    },
  },
  ipcRenderer: {
    on: (channel: string, listener: typeof electron.arrive) => {
      if (channel === 'host') electron.arrive = listener
    },
  },
}))

class PagePort {
  readonly sent: unknown[] = []
  isStarted = false
  onmessage: ((event: { readonly data: unknown }) => void) | null = null
  private closed: () => void = () => {}

  postMessage(message: unknown): void {
    this.sent.push(message)
  }

  addEventListener(_type: 'close', listener: () => void): void {
    this.closed = listener
  }

  start(): void {
    this.isStarted = true
  }

  close(): void {
    this.closed()
  }
}

test('the bridge keeps early frames, hands on what comes, and acknowledges it', async () => {
  await import('../../src/preload/index.ts')
  const bridge = electron.bridge as Bridge
  expect(Object.keys(bridge).sort()).toEqual(['onClose', 'onFrame', 'send'])
  const hello = { id: 1, method: 'session.hello', params: {} } as const
  bridge.send(hello)

  const port = new PagePort()
  electron.arrive({ ports: [port] })
  expect(port.isStarted).toBe(true)
  expect(port.sent).toEqual([hello])

  const heard: unknown[] = []
  const end = bridge.onFrame((frame, bytes) => heard.push([frame, bytes]))
  const bytes = new Uint8Array([1])
  port.onmessage?.({ data: { frame: { id: 1, ok: true, result: null }, bytes, size: 30 } })
  expect(heard).toEqual([[{ id: 1, ok: true, result: null }, bytes]])
  expect(port.sent.at(-1)).toEqual({ ack: 30 })
  end()
  port.onmessage?.({ data: { frame: { id: 2, ok: true, result: null }, size: 10 } })
  expect(heard).toHaveLength(1)
  expect(port.sent.at(-1)).toEqual({ ack: 10 })

  const reasons: string[] = []
  bridge.onClose?.(reason => reasons.push(reason))
  port.close()
  expect(reasons).toEqual(['Diptych has ended.'])
})
