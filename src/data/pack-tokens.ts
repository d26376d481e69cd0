import { PACK_VERSION, type PackContents, type PackPlan } from './array-file.ts'
import { hashOf } from './hash.ts'
import { makePack, type PackOptions } from './pack.ts'
import type { PackReader } from './pack-reader.ts'
import { breathe, type JobOptions } from './parallel.ts'
import { encodePadded, type Tokenizer } from './tokenizer.ts'

const TEXTS_PER_CHUNK = 2048

/** The texts of a column as token ids. Entry `offsets[row] + v` is variant v of a row. */
export interface PackedTokens {
  /** int32[length + 1] an entry: the ids, then the place of the end token. */
  readonly pack: PackReader
  /** int32[rows + 1]: where each row's variants begin. */
  readonly offsets: Int32Array
  readonly length: number
  /** Fills ids int32[entries, length] and eot int32[entries] for the entries asked for. */
  gather(entries: Int32Array, ids: Int32Array, eot: Int32Array): Promise<void>
}

/** Encodes all variants of all rows into a pack, keyed by the texts, the tokenizer and the length; or opens it. */
export async function packTokens(
  texts: readonly (readonly string[])[],
  tokenizer: Tokenizer,
  length: number,
  cacheDir: string,
  options: PackOptions = {},
): Promise<PackedTokens> {
  const offsets = new Int32Array(texts.length + 1)
  for (const [row, variants] of texts.entries()) offsets[row + 1] = offsets[row]! + variants.length
  const key = hashOf(['tokens', PACK_VERSION, tokenizer.hash, length, texts])
  const rowBytes = (length + 1) * Int32Array.BYTES_PER_ELEMENT
  const plan: PackPlan = { key, shape: [length + 1], dtype: 's32', rowBytes, maxRows: offsets.at(-1)! }
  const pack = await makePack(
    plan,
    cacheDir,
    () => encodeAll(texts.flat(), tokenizer, length, options),
    options,
  )
  return {
    pack,
    offsets,
    length,
    async gather(entries, ids, eot) {
      if (ids.length !== entries.length * length || eot.length !== entries.length) {
        throw new RangeError(
          `gather: ${entries.length} texts of ${length} ids into ${ids.length} ids and ${eot.length} ends`,
        )
      }
      const rows = new Int32Array(entries.length * (length + 1))
      await pack.gather(entries, new Uint8Array(rows.buffer))
      for (let entry = 0; entry < entries.length; entry++) {
        const start = entry * (length + 1)
        ids.set(rows.subarray(start, start + length), entry * length)
        eot[entry] = rows[start + length]!
      }
    },
  }
}

function encodeAll(
  texts: readonly string[],
  tokenizer: Tokenizer,
  length: number,
  options: JobOptions,
): PackContents {
  async function* chunks() {
    for (let start = 0; start < texts.length; start += TEXTS_PER_CHUNK) {
      await breathe()
      options.signal?.throwIfAborted()
      const part = texts.slice(start, start + TEXTS_PER_CHUNK)
      const rows = new Int32Array(part.length * (length + 1))
      for (const [at, text] of part.entries()) {
        const { ids, eot } = encodePadded(tokenizer, text, length)
        rows.set(ids, at * (length + 1))
        rows[at * (length + 1) + length] = eot
      }
      yield new Uint8Array(rows.buffer)
      options.progress?.({ done: start + part.length, total: texts.length })
    }
  }
  return { chunks: chunks(), notes: () => [] }
}
