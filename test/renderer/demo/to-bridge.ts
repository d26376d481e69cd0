import type { Bridge } from '../../../src/protocol/bridge.ts'
import type { ClientFrame, HostFrame } from '../../../src/protocol/frames.ts'
import type { FakeHost } from '../fake-host.ts'

/** What a preload script would offer the window. */
export function connectBridgeTo(host: FakeHost): Bridge {
  const listeners = new Set<(frame: HostFrame, bytes: Uint8Array | undefined) => void>()
  let send: (frame: ClientFrame) => void = () => {}
  const transport = host.connect({
    open: () => {},
    frame: (frame, bytes) => {
      for (const listener of listeners) listener(frame, bytes)
    },
    lost: () => {},
  })
  send = frame => transport.send(frame)
  return {
    send,
    onFrame: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
