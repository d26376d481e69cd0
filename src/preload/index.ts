import { contextBridge, ipcRenderer } from 'electron'
import type { Bridge } from '../protocol/bridge.ts'
import type { ClientFrame, HostFrame } from '../protocol/frames.ts'

interface PortMessage {
  readonly frame: HostFrame
  readonly bytes?: Uint8Array
  readonly size: number
}

/** The page's end of a message port: these scripts see the DOM, the rest of the shell does not. */
interface PagePort {
  onmessage: ((event: { readonly data: PortMessage }) => void) | null
  postMessage(message: unknown): void
  addEventListener(type: 'close', listener: () => void): void
  start(): void
}

let port: PagePort | undefined
/** Sent before the host's port had come. */
let early: ClientFrame[] = []
const listeners = new Set<Parameters<Bridge['onFrame']>[0]>()
const closers = new Set<(reason: string) => void>()

ipcRenderer.on('host', event => {
  const given = event.ports[0] as unknown as PagePort | undefined
  if (!given) return
  port = given
  given.onmessage = ({ data }) => {
    for (const listener of listeners) listener(data.frame, data.bytes)
    given.postMessage({ ack: data.size })
  }
  given.addEventListener('close', () => {
    for (const closed of closers) closed('Diptych has ended.')
  })
  given.start()
  for (const frame of early) given.postMessage(frame)
  early = []
})

const bridge: Bridge = {
  send: frame => {
    if (port) port.postMessage(frame)
    else early.push(frame)
  },
  onFrame: listener => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  onClose: listener => {
    closers.add(listener)
    return () => closers.delete(listener)
  },
}

contextBridge.exposeInMainWorld('diptych', bridge)
