import { Tokenizer as HfTokenizer } from '@huggingface/tokenizers'
import { DataError, reason } from './error.ts'
import { hashOf } from './hash.ts'

/** A Hugging Face `tokenizer.json`, as far as it is looked into here. */
export interface TokenizerJson {
  readonly model: Readonly<Record<string, unknown>>
  readonly added_tokens: readonly AddedTokenJson[]
  readonly normalizer: unknown
  readonly pre_tokenizer: unknown
  readonly post_processor: unknown
  readonly decoder: unknown
  readonly [key: string]: unknown
}

export interface AddedTokenJson {
  readonly id: number
  readonly content: string
  readonly special: boolean
  readonly [key: string]: unknown
}

/** The ids that frame a text. A tokenizer without a start token has no `bos`. */
export interface SpecialIds {
  readonly bos: number | undefined
  readonly eos: number
  readonly pad: number
}

/** Turns text into ids and back. Trained and loaded ones are the same thing: a `tokenizer.json` and its special ids. */
export interface Tokenizer extends SpecialIds {
  /** One more than the largest id. */
  readonly vocabSize: number
  /** Content hash of the `tokenizer.json` and the special ids. */
  readonly hash: string
  /** The ids of a text, without start and end. A special token spelt out in the text becomes its id. */
  encode(text: string): number[]
  decode(ids: readonly number[]): string
  /** The `tokenizer.json`, to be saved beside a model or in a cache. */
  toJSON(): TokenizerJson
}

/** One text as the model sees it: int32[length], start, tokens, end, padding. */
export interface EncodedText {
  readonly ids: Int32Array
  /** Where the end token is; positions after it are padding. */
  readonly eot: number
}

/** A tokenizer from its `tokenizer.json`; throws DataError where it has parts that are not known here. */
export function makeTokenizer(json: TokenizerJson, special: SpecialIds): Tokenizer {
  const inner = openInner(json)
  const { vocabSize, ids } = vocabularyOf(inner)
  for (const [name, id] of Object.entries(special)) {
    if (id !== undefined && !ids.has(id))
      throw new DataError(`The ${name} id ${id} is not in the vocabulary.`)
  }
  return {
    ...special,
    vocabSize,
    hash: hashOf(['tokenizer-1', json, { ...special }]),
    encode: text => {
      // A model without an unknown token gives no id for what it cannot spell.
      return inner.encode(text, { add_special_tokens: false }).ids.filter(id => id !== undefined)
    },
    decode: tokens => (tokens.length === 0 ? '' : inner.decode([...tokens])),
    toJSON: () => json,
  }
}

/**
 * Frames a text for a model of fixed length, as open_clip does: start, tokens, end, then padding. A longer text is cut
 * so that the end token stays last.
 */
export function encodePadded(tokenizer: Tokenizer, text: string, length: number): EncodedText {
  const start = tokenizer.bos === undefined ? [] : [tokenizer.bos]
  const room = length - start.length - 1
  if (!Number.isInteger(length) || room < 1) {
    throw new DataError(`A text length of ${length} leaves no room for a token between start and end.`)
  }
  const framed = [...start, ...tokenizer.encode(text).slice(0, room), tokenizer.eos]
  const ids = new Int32Array(length).fill(tokenizer.pad)
  ids.set(framed)
  return { ids, eot: framed.length - 1 }
}

/** What is used of the library's tokenizer, whose own type declarations do not resolve under ESM. */
export interface InnerTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: (number | undefined)[] }
  decode(ids: number[]): string
  get_vocab(withAdded: boolean): Map<string, number>
  readonly normalizer: ((text: string) => string) | null
  readonly pre_tokenizer: ((text: string) => string[]) | null
}

/** The library's tokenizer. It would tidy spaces when decoding; that would lose what was written. */
export function openInner(json: TokenizerJson): InnerTokenizer {
  try {
    return new HfTokenizer(json, { clean_up_tokenization_spaces: false })
  } catch (error) {
    throw new DataError(`This tokenizer can't be used here: ${reason(error)}.`)
  }
}

function vocabularyOf(inner: InnerTokenizer): { vocabSize: number; ids: ReadonlySet<number> } {
  const ids = new Set(inner.get_vocab(true).values())
  let largest = -1
  for (const id of ids) if (id > largest) largest = id
  if (largest < 0) throw new DataError('This tokenizer has an empty vocabulary.')
  return { vocabSize: largest + 1, ids }
}
