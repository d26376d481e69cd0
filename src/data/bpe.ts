import { trainMerges } from './bpe-train.ts'
import { DataError } from './error.ts'
import { breathe, type JobOptions } from './parallel.ts'
import {
  type AddedTokenJson,
  makeTokenizer,
  openInner,
  type Tokenizer,
  type TokenizerJson,
} from './tokenizer.ts'

export interface BpeOptions extends JobOptions {
  /** The most tokens there may be, the three special ones included. */
  readonly vocabSize: number
  /** Whether upper and lower case are one, as in CLIP. */
  readonly lowercase: boolean
  /** Pairs seen less often are not merged; default 2. */
  readonly minFrequency?: number
}

/** In the order of their ids, which end the vocabulary: the end token is the largest, as CLIP's `argmax` expects. */
const SPECIALS = ['<|pad|>', '<|startoftext|>', '<|endoftext|>']
const TEXTS_PER_BREATH = 4096

/** The fewest tokens a byte-level vocabulary can have: every byte and the special ones. */
export const SMALLEST_VOCAB = 256 + SPECIALS.length

/**
 * Trains a byte-level BPE tokenizer on texts. Words are found by GPT-2's pattern after one space is put in front of the
 * text, so that a word is the same token at the start as inside; decoding takes that space away again, which makes
 * `decode(encode(text))` give back any text (its lower case, where asked). The vocabulary is as large as asked, or
 * smaller when no pair is left to merge: see `vocabSize` of the result.
 */
export async function trainBpe(texts: Iterable<string>, options: BpeOptions): Promise<Tokenizer> {
  const { vocabSize, lowercase, minFrequency = 2, signal } = options
  if (!Number.isInteger(vocabSize) || vocabSize < SMALLEST_VOCAB || vocabSize > 2 ** 20) {
    throw new DataError(
      `A byte-level vocabulary has from ${SMALLEST_VOCAB} (every byte and ${SPECIALS.length} special tokens) to ` +
        `${2 ** 20} tokens, not ${vocabSize}.`,
    )
  }
  const alphabet = byteAlphabet()
  const words = await countWords(texts, tokenizerJson(alphabet, [], lowercase), signal)
  if (words.size === 0) throw new DataError('There is no text to train a tokenizer on.')
  const size = vocabSize - SPECIALS.length
  const model = await trainMerges(words, { ...options, alphabet, size, minFrequency })
  const [pad, bos, eos] = SPECIALS.map((_, at) => model.tokens.length + at)
  return makeTokenizer(tokenizerJson(model.tokens, model.merges, lowercase), { bos, eos: eos!, pad: pad! })
}

/** Counts words with the library's own normaliser and pattern, so that training sees what encoding will. */
async function countWords(
  texts: Iterable<string>,
  json: TokenizerJson,
  signal: AbortSignal | undefined,
): Promise<Map<string, number>> {
  const { normalizer, pre_tokenizer: split } = openInner(json)
  if (!normalizer || !split) throw new DataError('The tokenizer has no normaliser or no pattern.')
  const counts = new Map<string, number>()
  let done = 0
  for (const text of texts) {
    if (done++ % TEXTS_PER_BREATH === 0) {
      await breathe()
      signal?.throwIfAborted()
    }
    if (text === '') continue
    for (const word of split(normalizer(text))) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return counts
}

/** One printable character for each byte, in GPT-2's order: printable bytes stand for themselves. */
function byteAlphabet(): string[] {
  const printable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff)
  const bytes = Array.from({ length: 256 }, (_, byte) => byte)
  const shown = bytes.filter(printable)
  const hidden = bytes.filter(byte => !printable(byte))
  return [...shown, ...hidden.map((_, at) => 256 + at)].map(code => String.fromCharCode(code))
}

/** A tokenizer.json that Hugging Face's own library reads too. */
function tokenizerJson(
  tokens: readonly string[],
  merges: readonly (readonly [string, string])[],
  lowercase: boolean,
): TokenizerJson {
  const specials = SPECIALS.map(
    (content, at): AddedTokenJson => ({
      id: tokens.length + at,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    }),
  )
  const vocab = Object.fromEntries([...tokens, ...SPECIALS].map((token, id) => [token, id]))
  const [, bos, eos] = specials
  const special = (token: AddedTokenJson) => ({ id: token.content, ids: [token.id], tokens: [token.content] })
  const frame = (token: AddedTokenJson) => ({ SpecialToken: { id: token.content, type_id: 0 } })
  const single = [frame(bos!), { Sequence: { id: 'A', type_id: 0 } }, frame(eos!)]
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials,
    normalizer: {
      type: 'Sequence',
      normalizers: [...(lowercase ? [{ type: 'Lowercase' }] : []), { type: 'Prepend', prepend: ' ' }],
    },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, { Sequence: { id: 'B', type_id: 1 } }, frame(eos!)],
      special_tokens: { [bos!.content]: special(bos!), [eos!.content]: special(eos!) },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  }
}
