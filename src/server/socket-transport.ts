import type { WebSocket } from 'ws'
import { encodeBinary } from '../protocol/frames.ts'
import type { HostTransport } from '../protocol/transport.ts'

/** A window that lags is asked again after this long. */
const LOOK_MS = 20
/** It has kept up when no more than this is on its way. */
const DRAINED_BYTES = 256 << 10

/** The host's end of a browser window. */
export function socketTransport(socket: WebSocket): HostTransport {
  return {
    send: (frame, bytes) => {
      if (socket.readyState !== socket.OPEN) return
      socket.send(bytes ? encodeBinary(frame, bytes) : JSON.stringify(frame))
    },
    get buffered() {
      return socket.readyState === socket.OPEN ? socket.bufferedAmount : 0
    },
    drained: () =>
      new Promise(resolve => {
        const look = () => {
          if (socket.readyState === socket.OPEN && socket.bufferedAmount > DRAINED_BYTES)
            setTimeout(look, LOOK_MS)
          else resolve()
        }
        setTimeout(look, LOOK_MS)
      }),
    // Going away, as a browser says of a server that ends.
    close: () => socket.close(1001),
  }
}
