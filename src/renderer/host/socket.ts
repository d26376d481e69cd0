import { decodeBinary, type HostFrame } from '../../protocol/frames.ts'
import type { Connect } from '../../protocol/transport.ts'
import { backoff } from './backoff.ts'
import { openSocket, refusal, sessionKey } from './handshake.ts'

/**
 * The browser's connection: a WebSocket that is tried again, with growing pauses, after it was lost. `keep` gets
 * the key that the server gives in exchange for the address's.
 */
export const connectSocket =
  (url: string, address: string, keep: (token: string) => void): Connect =>
  handlers => {
    let socket: WebSocket | null = null
    let timer: ReturnType<typeof setTimeout> | undefined
    let token = address
    let tries = 0
    let ended = false

    const end = (reason: string) => {
      ended = true
      clearTimeout(timer)
      handlers.lost(reason)
    }
    const start = () => {
      timer = undefined
      const mine = openSocket(url, token)
      socket = mine
      mine.addEventListener('open', () => {
        tries = 0
        handlers.open()
      })
      mine.addEventListener('message', ({ data }) => {
        if (socket !== mine) return
        if (typeof data !== 'string') {
          const { frame, bytes } = decodeBinary(new Uint8Array(data as ArrayBuffer))
          handlers.frame(frame, bytes)
          return
        }
        const message = JSON.parse(data) as HostFrame | { readonly session: string }
        const key = sessionKey(message)
        if (key === undefined) handlers.frame(message as HostFrame, undefined)
        else {
          token = key
          keep(key)
        }
      })
      mine.addEventListener('close', event => {
        if (ended || socket !== mine) return
        const why = refusal(event.code)
        if (why) return end(why)
        handlers.lost(undefined)
        timer = setTimeout(start, backoff(tries++))
      })
    }
    // A laptop that wakes or a tab that is looked at again should not wait out the pause.
    const hurry = () => {
      if (ended || timer === undefined) return
      clearTimeout(timer)
      start()
    }
    addEventListener('online', hurry)
    document.addEventListener('visibilitychange', hurry)
    start()
    return {
      send: frame => {
        if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame))
      },
      close: () => {
        ended = true
        clearTimeout(timer)
        removeEventListener('online', hurry)
        document.removeEventListener('visibilitychange', hurry)
        socket?.close()
      },
    }
  }
