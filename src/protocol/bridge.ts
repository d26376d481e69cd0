import type { ClientFrame, HostFrame } from './frames.ts'

/**
 * What the preload script puts on the window as `diptych`: Electron's IPC, one port a window. Only these calls
 * cross; bytes are copied by the structured clone.
 */
export interface Bridge {
  send(frame: ClientFrame): void
  /** `bytes`: of an answer that carries some. Returns what ends the listening. */
  onFrame(listener: (frame: HostFrame, bytes: Uint8Array | undefined) => void): () => void
  /** The host's port was closed: the window can only be loaded again. */
  onClose?(listener: (reason: string) => void): () => void
}
