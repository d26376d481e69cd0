import type { ClientFrame, HostFrame } from './frames.ts'

/** The window's end of a connection to the host: a WebSocket in a browser, Electron's IPC in the desktop window. */
export interface ClientTransport {
  send(frame: ClientFrame): void
  close(): void
}

/** What the window's end tells as it happens. */
export interface ClientHandlers {
  /** Connected, also again after a loss. */
  readonly open: () => void
  readonly frame: (frame: HostFrame, bytes: Uint8Array | undefined) => void
  /** `final`: there will be no further try, and why. */
  readonly lost: (final: string | undefined) => void
}

export type Connect = (handlers: ClientHandlers) => ClientTransport

/** The host's end of one window. */
export interface HostTransport {
  send(frame: HostFrame, bytes?: Uint8Array): void
  /** Bytes that are sent but not yet taken; a window that lags gets no events until they drain. */
  readonly buffered: number
  /** Resolves when `buffered` has fallen. */
  drained(): Promise<void>
  close(): void
}
