import type { HostFrame } from '../protocol/frames.ts'
import type { HostTransport } from '../protocol/transport.ts'

/** The part of Electron's MessagePortMain that is used. */
export interface Port {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void
  on(event: 'close', listener: () => void): void
  start(): void
  close(): void
}

/** What crosses the port towards the window; the window answers with `{ ack: size }` once it has it. */
export interface PortMessage {
  readonly frame: HostFrame
  readonly bytes?: Uint8Array
  readonly size: number
}

/** Frames without bytes are counted by what their text would take. */
const sizeOf = (frame: HostFrame, bytes: Uint8Array | undefined): number =>
  JSON.stringify(frame).length + (bytes?.length ?? 0)

/** It has kept up when no more than this is on its way. */
const DRAINED_BYTES = 256 << 10

/**
 * The host's end of a desktop window: one message port. A port tells nobody how much is under way, so the window
 * acknowledges what it takes, and `buffered` is what it has not.
 */
export function portTransport(
  port: Port,
  receive: (frame: unknown) => void,
  closed: () => void,
): HostTransport {
  let waiting = 0
  let open = true
  let drains: (() => void)[] = []
  const settle = () => {
    if (open && waiting > DRAINED_BYTES) return
    for (const done of drains.splice(0)) done()
  }
  port.on('message', ({ data }) => {
    const ack = (data as { readonly ack?: unknown } | null)?.ack
    if (typeof ack === 'number') {
      waiting = Math.max(0, waiting - ack)
      settle()
    } else receive(data)
  })
  port.on('close', () => {
    if (!open) return
    open = false
    settle()
    closed()
  })
  port.start()
  return {
    send: (frame, bytes) => {
      if (!open) return
      const size = sizeOf(frame, bytes)
      waiting += size
      port.postMessage({ frame, bytes, size } satisfies PortMessage)
    },
    get buffered() {
      return open ? waiting : 0
    },
    drained: () =>
      new Promise(resolve => {
        drains = [...drains, resolve]
        settle()
      }),
    close: () => port.close(),
  }
}
