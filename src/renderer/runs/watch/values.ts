import type { WatchPicture, WatchPlane } from '../../../protocol/watch.ts'

/** The numbers of a plane, from the bytes that came along. */
export function planeValues(bytes: Uint8Array, { offset, rows, columns }: WatchPlane): Float32Array {
  // A copy: what came need not lie where numbers may begin.
  const own = bytes.slice(offset, offset + rows * columns * 4)
  return new Float32Array(own.buffer, own.byteOffset, rows * columns)
}

export function pictureData(bytes: Uint8Array, { offset, width, height }: WatchPicture): ImageData {
  const own = bytes.slice(offset, offset + width * height * 4)
  return new ImageData(new Uint8ClampedArray(own.buffer, own.byteOffset, own.length), width, height)
}
