import type { RandomFile } from './random-file.ts'

/** A line of a text file, counted from 1, without its end; or why it can't be read. */
export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly problem: string }

const CHUNK_BYTES = 1 << 20
/** A longer line is no row of a table. */
export const MAX_LINE_BYTES = 64 << 20

/** The lines of a UTF-8 file in order; never more than one of them, and a megabyte, in memory. */
export async function* linesOf(
  file: RandomFile,
  signal?: AbortSignal,
  advance: (bytes: number) => void = () => {},
): AsyncGenerator<Line> {
  let number = 1
  let held: Uint8Array[] = []
  let length = 0
  const take = (): Line => {
    const bytes = Buffer.concat(held)
    const tooLong = length > MAX_LINE_BYTES
    const problem = `this line has more than ${MAX_LINE_BYTES / 2 ** 20} MiB. Is it a file of lines?`
    const line = tooLong ? { number, problem } : decode(number, bytes)
    number++
    held = []
    length = 0
    return line
  }
  const hold = (bytes: Uint8Array) => {
    length += bytes.length
    if (length <= MAX_LINE_BYTES) held.push(bytes)
    else held = []
  }
  for (let from = 0; from < file.size; from += CHUNK_BYTES) {
    signal?.throwIfAborted()
    const chunk = await file.read(from, CHUNK_BYTES)
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      hold(chunk.subarray(start, end))
      start = end + 1
      yield take()
    }
    if (start < chunk.length) hold(chunk.slice(start))
    advance(from + chunk.length)
  }
  if (length > 0) yield take()
}

function decode(number: number, bytes: Uint8Array): Line {
  try {
    // Drops a byte order mark too.
    return { number, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r$/, '') }
  } catch {
    return { number, problem: 'this line is not UTF-8 text. Save the file as UTF-8.' }
  }
}
