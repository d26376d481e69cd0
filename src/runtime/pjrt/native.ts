import koffi from 'koffi'

/** Anything that owns memory which native code may read or write. */
export type Memory = ArrayBufferView

// koffi refuses types above 64 MiB, and decoding n bytes makes such a type.
const CHUNK = 32 << 20

/**
 * Address of the bytes of a view. The memory stays where it is for as long as the view is reachable: keep it
 * alive until native code is done with it.
 */
export const addressOf = (memory: Memory): bigint => koffi.address(memory)

/** Copies bytes out of native memory (a view of it would be refused by Electron). */
export function readBytes(address: bigint, length: number): Uint8Array {
  const out = new Uint8Array(length)
  for (let at = 0; at < length; at += CHUNK) {
    out.set(koffi.decode(address + BigInt(at), 'uint8', Math.min(CHUNK, length - at)) as Uint8Array, at)
  }
  return out
}

/** A UTF-8 string of known length. */
export const readText = (address: bigint, length: number): string =>
  new TextDecoder().decode(readBytes(address, length))

/** `count` pointers, or other unsigned 64-bit numbers. */
export const readWords = (address: bigint, count: number): bigint[] =>
  count === 0 ? [] : Array.from(koffi.decode(address, 'uint64', count) as ArrayLike<bigint>)

/** `count` C ints (or enum values). */
export const readInts = (address: bigint, count: number): number[] =>
  count === 0 ? [] : Array.from(koffi.decode(address, 'int32', count) as ArrayLike<number>)

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const deleter = koffi.proto('void', ['void *'])

/** Calls a `void (*)(T *)` that the plugin handed out to free one of its objects. */
export function callDeleter(deleterAddress: bigint, object: bigint): void {
  koffi.call(deleterAddress, deleter, object)
}
