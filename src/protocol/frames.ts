import type { HostEvent, HostFault, Method } from './workbench.ts'

/** What a window sends. */
export type ClientFrame =
  | { readonly id: number; readonly method: Method; readonly params: unknown }
  /** The answer to request `cancel` is no longer wanted. */
  | { readonly cancel: number }

/** What the host sends; an answer may carry bytes. */
export type HostFrame =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly fault: HostFault }
  | HostEvent

const HEADER = 4

/**
 * A frame with bytes, as one binary message: the length of the JSON (32 bits, little-endian), the JSON in UTF-8,
 * the bytes. Frames without bytes travel as text.
 */
export function encodeBinary(frame: HostFrame, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(frame))
  const whole = new Uint8Array(HEADER + json.length + bytes.length)
  new DataView(whole.buffer).setUint32(0, json.length, true)
  whole.set(json, HEADER)
  whole.set(bytes, HEADER + json.length)
  return whole
}

/** The inverse of `encodeBinary`; throws a `RangeError` on a frame that is cut short. */
export function decodeBinary(whole: Uint8Array): { readonly frame: HostFrame; readonly bytes: Uint8Array } {
  const length = new DataView(whole.buffer, whole.byteOffset, whole.byteLength).getUint32(0, true)
  if (HEADER + length > whole.length) throw new RangeError('a binary frame is cut short')
  const json = new TextDecoder().decode(whole.subarray(HEADER, HEADER + length))
  return { frame: JSON.parse(json) as HostFrame, bytes: whole.subarray(HEADER + length) }
}
