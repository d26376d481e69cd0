import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { DataError, reason, systemCode } from './error.ts'
import { makeTokenizer, openInner, type SpecialIds, type Tokenizer, type TokenizerJson } from './tokenizer.ts'

const addedToken = z.looseObject({
  id: z.int().min(0),
  content: z.string(),
  special: z.boolean().default(false),
})

const tokenizerFile = z.looseObject({
  model: z.looseObject({}),
  added_tokens: z.array(addedToken).default([]),
  normalizer: z.unknown().default(null),
  pre_tokenizer: z.unknown().default(null),
  post_processor: z.unknown().default(null),
  decoder: z.unknown().default(null),
  padding: z.looseObject({ pad_token: z.string().optional() }).nullish(),
})

const tokenName = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish()
const configFile = z.looseObject({ bos_token: tokenName, eos_token: tokenName, pad_token: tokenName })

/** Names that say what they are, where no `tokenizer_config.json` does. */
const KNOWN = {
  bos: ['<|startoftext|>', '<s>', '[CLS]', '<bos>', '<|begin_of_text|>', '<|endoftext|>'],
  eos: ['<|endoftext|>', '</s>', '[SEP]', '<eos>', '<|end_of_text|>'],
  pad: ['<|pad|>', '<pad>', '[PAD]'],
} as const

type Role = keyof typeof KNOWN

/** Special tokens by name where a file does not say them. */
export type SpecialNames = Partial<Record<Role, string>>

/**
 * Loads a Hugging Face `tokenizer.json`. Its start, end and padding tokens are those named in `names`, else in a
 * `tokenizer_config.json` beside it, else the first known name in its vocabulary; padding falls back to the end token.
 */
export async function loadTokenizerFile(path: string, names: SpecialNames = {}): Promise<Tokenizer> {
  const json = await readJson(path)
  if (json === undefined) throw new DataError(`There is no file ${path}.`)
  const config = configFile.safeParse(await readJson(join(dirname(path), 'tokenizer_config.json')))
  return within(path, () => tokenizerFrom(json, { ...namesIn(config.data), ...names }))
}

/** The same from parsed JSON. */
export function tokenizerFrom(json: unknown, names: SpecialNames = {}): Tokenizer {
  const parsed = tokenizerFile.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const place = issue?.path.join('.') || 'the whole file'
    throw new DataError(
      `This is no Hugging Face tokenizer.json: ${place}: ${issue?.message ?? 'not readable'}.`,
    )
  }
  const file: TokenizerJson = parsed.data
  return makeTokenizer(
    file,
    specialIds(file, { ...namesIn({ pad_token: parsed.data.padding?.pad_token }), ...names }),
  )
}

function specialIds(json: TokenizerJson, names: SpecialNames): SpecialIds {
  const vocabulary = openInner(json).get_vocab(true)
  const find = (role: Role): number | undefined => {
    const named = names[role]
    if (named === undefined) {
      const known = KNOWN[role].find(name => vocabulary.has(name))
      return known === undefined ? undefined : vocabulary.get(known)
    }
    const id = vocabulary.get(named)
    if (id === undefined) throw new DataError(`The ${role} token "${named}" is not in the vocabulary.`)
    return id
  }
  const eos = find('eos')
  if (eos === undefined) {
    const known = KNOWN.eos.join(' ')
    throw new DataError(
      `This tokenizer has no end token: none is named, and none of ${known} is in the vocabulary.`,
    )
  }
  return { bos: find('bos'), eos, pad: find('pad') ?? eos }
}

function namesIn(config: z.infer<typeof configFile> | undefined): SpecialNames {
  const name = (token: z.infer<typeof tokenName>) => (typeof token === 'object' ? token?.content : token)
  const found = { bos: name(config?.bos_token), eos: name(config?.eos_token), pad: name(config?.pad_token) }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

async function readJson(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw new DataError(`${path} can't be read: ${reason(error)}.`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new DataError(`${path} is not JSON: ${reason(error)}.`)
  }
}

function within<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof DataError) throw new DataError(`${path}: ${error.message}`, error.bad)
    throw error
  }
}
