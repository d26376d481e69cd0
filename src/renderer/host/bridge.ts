import type { Bridge } from '../../protocol/bridge.ts'
import type { Connect } from '../../protocol/transport.ts'

/** The desktop window's connection: what the preload script put on the window. */
export const connectBridge =
  (bridge: Bridge): Connect =>
  handlers => {
    let open = true
    const ends = [
      bridge.onFrame((frame, bytes) => {
        if (open) handlers.frame(frame, bytes)
      }),
      bridge.onClose?.(reason => {
        if (open) handlers.lost(reason)
        open = false
      }),
    ]
    // Not within the call: the client has no transport before it returns.
    queueMicrotask(() => {
      if (open) handlers.open()
    })
    return {
      send: frame => bridge.send(frame),
      close: () => {
        open = false
        for (const end of ends) end?.()
      },
    }
  }
