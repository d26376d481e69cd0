import type { WatchPicture, WatchPlane } from '../../protocol/watch.ts'
import { MOST, type Plane, shrunk } from './reduce.ts'

/** The bytes of one answer, part after part, each at a multiple of 4. */
export class Parts {
  private readonly parts: Uint8Array[] = []
  private length = 0

  /** As it is up to 512 × 512; larger ones as means. */
  plane(plane: Plane): WatchPlane {
    const { rows, columns, values } = shrunk(plane)
    const copy = Float32Array.from(values)
    return { offset: this.add(new Uint8Array(copy.buffer)), rows, columns }
  }

  /** A picture float [height, width, channels] in 0–1, of one grey channel or three of colour. */
  picture(values: Float32Array, height: number, width: number, channels: number): WatchPicture {
    const planes = Array.from({ length: channels }, (_, c) => {
      const one = Float32Array.from({ length: height * width }, (_, i) => values[i * channels + c]!)
      return shrunk({ rows: height, columns: width, values: one }, MOST)
    })
    const { rows, columns } = planes[0]!
    const bytes = new Uint8Array(rows * columns * 4)
    for (let i = 0; i < rows * columns; i++) {
      for (let c = 0; c < 3; c++)
        bytes[i * 4 + c] = Math.round(
          255 * Math.max(0, Math.min(1, planes[channels === 3 ? c : 0]!.values[i]!)),
        )
      bytes[i * 4 + 3] = 255
    }
    return { offset: this.add(bytes), width: columns, height: rows }
  }

  whole(): Uint8Array {
    const whole = new Uint8Array(this.length)
    let at = 0
    for (const part of this.parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }

  private add(bytes: Uint8Array): number {
    const offset = this.length
    this.parts.push(bytes)
    this.length += bytes.length
    return offset
  }
}
