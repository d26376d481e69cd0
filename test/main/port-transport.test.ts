import { describe, expect, test } from 'vitest'
import { type Port, type PortMessage, portTransport } from '../../src/main/port-transport.ts'
import type { HostFrame } from '../../src/protocol/frames.ts'

const frame = (text: string): HostFrame => ({ id: 1, ok: true, result: text })

/** Stands for Electron's port, and for the window behind it. */
class FakePort implements Port {
  readonly sent: PortMessage[] = []
  started = 0
  private readonly listeners = new Map<string, ((event: { readonly data: unknown }) => void)[]>()

  postMessage(message: unknown): void {
    this.sent.push(message as PortMessage)
  }

  on(event: string, listener: (event: { readonly data: unknown }) => void): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener])
  }

  start(): void {
    this.started++
  }

  close(): void {
    this.tell('close')
  }

  tell(event: 'message' | 'close', data?: unknown): void {
    for (const listener of this.listeners.get(event) ?? []) listener({ data })
  }
}

function connect() {
  const port = new FakePort()
  const received: unknown[] = []
  let closed = 0
  const transport = portTransport(
    port,
    data => received.push(data),
    () => closed++,
  )
  return { port, received, transport, closedTimes: () => closed }
}

const isDone = async (promise: Promise<void>): Promise<boolean> => {
  let done = false
  void promise.then(() => {
    done = true
  })
  await new Promise(resolve => setImmediate(resolve))
  return done
}

describe('the port of a desktop window', () => {
  test('carries frames and bytes both ways, and starts once', () => {
    const { port, received, transport } = connect()
    expect(port.started).toBe(1)
    const bytes = new Uint8Array([1, 2, 3])
    transport.send(frame('a'))
    transport.send(frame('b'), bytes)
    expect(port.sent.map(m => [m.frame, m.bytes])).toEqual([
      [frame('a'), undefined],
      [frame('b'), bytes],
    ])
    port.tell('message', { id: 7, method: 'graphs.list', params: {} })
    port.tell('message', null)
    port.tell('message', { ack: 'much' })
    expect(received).toEqual([{ id: 7, method: 'graphs.list', params: {} }, null, { ack: 'much' }])
  })

  test('counts what the window has not acknowledged', () => {
    const { port, received, transport } = connect()
    transport.send(frame('x'.repeat(1000)), new Uint8Array(500))
    transport.send(frame('y'))
    const [first, second] = port.sent
    expect(first!.size).toBeGreaterThan(1500)
    expect(transport.buffered).toBe(first!.size + second!.size)
    port.tell('message', { ack: first!.size })
    expect(transport.buffered).toBe(second!.size)
    // More than was sent is no credit.
    port.tell('message', { ack: 1e9 })
    expect(transport.buffered).toBe(0)
    expect(received).toEqual([])
  })

  test('is drained when the window has kept up, not before', async () => {
    const { port, transport } = connect()
    await transport.drained()
    for (let i = 0; i < 3; i++) transport.send(frame('z'), new Uint8Array(200 << 10))
    const drained = transport.drained()
    expect(await isDone(drained)).toBe(false)
    port.tell('message', { ack: port.sent[0]!.size })
    expect(await isDone(drained)).toBe(false)
    port.tell('message', { ack: port.sent[1]!.size })
    expect(await isDone(drained)).toBe(true)
  })

  test('a window that is gone holds nobody up, and is told of once', async () => {
    const { port, transport, closedTimes } = connect()
    transport.send(frame('z'), new Uint8Array(1 << 20))
    const drained = transport.drained()
    port.tell('close')
    port.tell('close')
    expect(await isDone(drained)).toBe(true)
    expect(closedTimes()).toBe(1)
    expect(transport.buffered).toBe(0)
    transport.send(frame('late'))
    expect(port.sent).toHaveLength(1)
    await transport.drained()
  })

  test('the host can end it', () => {
    const { transport, closedTimes } = connect()
    transport.close()
    expect(closedTimes()).toBe(1)
  })
})
