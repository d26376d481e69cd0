import type { Bridge } from '../../protocol/bridge.ts'
import type { Connect } from '../../protocol/transport.ts'
import { keepToken } from './address.ts'
import { connectBridge } from './bridge.ts'
import { connectSocket } from './socket.ts'

declare global {
  interface Window {
    readonly diptych?: Bridge
  }
}

const NO_TOKEN = 'Open the address that Diptych printed when it started: it carries the key to this window.'

/** The way to the host that this window has: Electron's bridge, or the server that the page came from. */
export function connectHere(token: string | null): Connect {
  if (window.diptych) return connectBridge(window.diptych)
  if (token !== null) return connectSocket(`${location.origin.replace(/^http/, 'ws')}/host`, token, keepToken)
  return handlers => {
    queueMicrotask(() => handlers.lost(NO_TOKEN))
    return { send: () => {}, close: () => {} }
  }
}
