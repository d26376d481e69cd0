import { readFile } from 'node:fs/promises'
import type { Attribution, DatasetSchema, Field } from '../graph/schema.ts'
import { buildTable } from './build.ts'
import { emojiBase, emojiGender } from './emoji-base.ts'
import { emojiCaptions } from './emoji-captions.ts'
import {
  type EmojiKind,
  type EmojiMessages,
  type EmojiName,
  type EmojiPicture,
  loadEmojiMessages,
  loadEmojiNames,
  loadEmojiPictures,
} from './emoji-files.ts'
import { reason } from './error.ts'
import { compareText, sha256 } from './hash.ts'
import { decodeLanes, mapLanes } from './parallel.ts'
import type { BadRow, Table } from './table.ts'

export interface EmojiOptions {
  readonly split: 'train' | 'test' | 'all'
  /** A language of emojibase-data, default `en`. */
  readonly language?: string
  /** Also skin tones, genders and other drawings of one base; else one row a base. Default true. */
  readonly variants?: boolean
  /** Share of base emoji held out for the test split, default 0.1. */
  readonly heldOut?: number
  /** Which bases are held out, default 0. */
  readonly seed?: number
  readonly signal?: AbortSignal
}

const TONES = ['none', 'light', 'medium-light', 'medium', 'medium-dark', 'dark']
const GENDERS = ['none', 'female', 'male']
/** Skin-tone swatches and hair styles: parts of emoji, not emoji. */
const COMPONENT = 'component'
const COMPONENT_SUBGROUPS: ReadonlySet<string> = new Set(['skin-tone', 'hair-style'])

export const EMOJI_ATTRIBUTION: readonly Attribution[] = [
  { name: 'Noto Emoji pictures', licence: 'Apache-2.0', by: 'Google' },
  { name: 'emoji-datasource-google', licence: 'MIT', by: 'Cal Henderson' },
  { name: 'emojibase-data', licence: 'MIT', by: 'Miles Johnson' },
  { name: 'CLDR names and keywords', licence: 'Unicode-3.0', by: 'Unicode, Inc.' },
]

interface Kinds {
  readonly groups: readonly EmojiKind[]
  readonly subgroups: readonly EmojiKind[]
  readonly fields: Readonly<Record<string, Field>>
}

interface Unbased {
  readonly name: EmojiName
  readonly picture: EmojiPicture
  readonly hash: string
}

interface Drawing extends Unbased {
  readonly base: string
}

/** The columns of the emoji dataset, without reading pictures. */
export async function peekEmoji(language = 'en'): Promise<DatasetSchema> {
  const { fields } = kindsOf(await loadEmojiMessages(language), language)
  return { fields, attribution: EMOJI_ATTRIBUTION }
}

/**
 * The emoji pictures of Google's Noto set with CLDR's names and keywords: about 3,800 rows in all. The split is by
 * base emoji (see `emojiBase`), each decided by a hash of its own id and the seed, so no variant of a held-out idea
 * is ever trained on and adding emoji moves no other.
 */
export async function readEmoji(options: EmojiOptions): Promise<Table> {
  const { split, language = 'en', variants = true, heldOut = 0.1, seed = 0 } = options
  const [names, messages, pictures] = await Promise.all([
    loadEmojiNames(language),
    loadEmojiMessages(language),
    loadEmojiPictures(),
  ])
  const kinds = kindsOf(messages, language)
  const bad: BadRow[] = []
  const inAll = await drawingsOf(pictures, names, kinds, bad, options.signal)
  const drawings = (variants ? inAll : onePerBase(inAll))
    .filter(({ base }) => split === 'all' || isHeldOut(base, seed, heldOut) === (split === 'test'))
    .sort((a, b) => a.name.order - b.name.order || compareText(a.name.key, b.name.key))
  return toTable(drawings, kinds, language, bad)
}

/** Whether a base emoji belongs to the test split. */
export function isHeldOut(base: string, seed: number, share: number): boolean {
  const digest = sha256(JSON.stringify(['diptych-emoji-split', seed, base]))
  return Number.parseInt(digest.slice(0, 12), 16) / 2 ** 48 < share
}

async function drawingsOf(
  pictures: readonly EmojiPicture[],
  names: ReadonlyMap<string, EmojiName>,
  kinds: Kinds,
  bad: BadRow[],
  signal: AbortSignal | undefined,
): Promise<Drawing[]> {
  const groups = new Set(kinds.groups.map(group => group.order))
  const read = async (picture: EmojiPicture): Promise<Unbased | BadRow | undefined> => {
    const name = names.get(picture.key)
    if (!name) return { where: picture.file, problem: 'this picture has no name in emojibase-data' }
    if (!groups.has(name.group)) return undefined
    try {
      return { name, picture, hash: sha256(await readFile(picture.path)) }
    } catch (error) {
      return { where: picture.file, problem: `this picture can't be read: ${reason(error)}` }
    }
  }
  const drawings: Unbased[] = []
  for (const item of await mapLanes(pictures, decodeLanes, read, signal)) {
    if (!item) continue
    if ('problem' in item) bad.push(item)
    else drawings.push(item)
  }
  return withBases(drawings)
}

/** Gives each drawing its base; bases with a picture in common become one, named by the least of their ids. */
function withBases(drawings: readonly Unbased[]): Drawing[] {
  const parent = new Map<string, string>()
  const root = (base: string): string => {
    const up = parent.get(base)
    return up === undefined || up === base ? base : root(up)
  }
  const firstWith = new Map<string, string>()
  for (const { name, hash } of drawings) {
    const base = root(emojiBase(name.key))
    const other = root(firstWith.get(hash) ?? base)
    firstWith.set(hash, other)
    const [least, most] = compareText(base, other) <= 0 ? [base, other] : [other, base]
    parent.set(most, least)
  }
  return drawings.map(drawing => ({ ...drawing, base: root(emojiBase(drawing.name.key)) }))
}

/** The plainest drawing of each base: the one whose own id is the base's, else the first in Unicode's order. */
function onePerBase(drawings: readonly Drawing[]): Drawing[] {
  const chosen = new Map<string, Drawing>()
  const isBefore = (a: Drawing, b: Drawing) =>
    a.name.key === a.base || (b.name.key !== b.base && a.name.order < b.name.order)
  for (const drawing of drawings) {
    const held = chosen.get(drawing.base)
    if (!held || isBefore(drawing, held)) chosen.set(drawing.base, drawing)
  }
  return [...chosen.values()]
}

function toTable(drawings: readonly Drawing[], kinds: Kinds, language: string, bad: BadRow[]): Table {
  const ids = drawings.map(({ name }) => name.key)
  const groupAt = new Map(kinds.groups.map((kind, at) => [kind.order, at]))
  const subgroupAt = new Map(kinds.subgroups.map((kind, at) => [kind.order, at]))
  const captions = drawings.map(({ name }) =>
    emojiCaptions(
      {
        label: name.label,
        keywords: name.keywords,
        group: kinds.groups[groupAt.get(name.group)!]!.message,
        subgroup: kinds.subgroups[subgroupAt.get(name.subgroup)!]!.message,
      },
      language,
    ),
  )
  const category = (at: (drawing: Drawing) => number) =>
    ({ kind: 'category', values: drawings.map(at) }) as const
  const text = (of: (drawing: Drawing) => string) =>
    ({ kind: 'text', values: drawings.map(drawing => [of(drawing)]) }) as const
  return buildTable({
    fields: kinds.fields,
    attribution: EMOJI_ATTRIBUTION,
    ids,
    bad,
    columns: {
      image: { kind: 'image', values: drawings.map(({ picture, hash }) => ({ path: picture.path, hash })) },
      caption: { kind: 'text', values: captions },
      name: text(({ name }) => name.label),
      language: category(() => 0),
      group: category(({ name }) => groupAt.get(name.group)!),
      subgroup: category(({ name }) => subgroupAt.get(name.subgroup)!),
      skin_tone: category(({ name }) => toneClass(name.tones)),
      gender: category(({ name }) => GENDERS.indexOf(emojiGender(name.key))),
      id: text(({ name }) => name.key),
      base: text(({ base }) => base),
    },
  })
}

/** The class of a skin tone; -1 where two people have different ones. */
function toneClass(tones: readonly number[]): number {
  const [first = 0] = tones
  return tones.every(tone => tone === first) ? first : -1
}

function kindsOf(messages: EmojiMessages, language: string): Kinds {
  const groups = messages.groups.filter(group => group.key !== COMPONENT)
  const subgroups = messages.subgroups.filter(subgroup => !COMPONENT_SUBGROUPS.has(subgroup.key))
  const fields: Record<string, Field> = {
    image: { kind: 'image' },
    caption: { kind: 'text', variants: true },
    name: { kind: 'text' },
    language: { kind: 'category', classes: [language] },
    group: { kind: 'category', classes: classNames(groups) },
    subgroup: { kind: 'category', classes: classNames(subgroups) },
    skin_tone: { kind: 'category', classes: TONES },
    gender: { kind: 'category', classes: GENDERS },
    id: { kind: 'text' },
    base: { kind: 'text' },
  }
  return { groups, subgroups, fields }
}

/** The names of kinds, told apart by their keys where a language gives two the same name. */
function classNames(kinds: readonly EmojiKind[]): string[] {
  const count = (message: string) => kinds.filter(kind => kind.message === message).length
  return kinds.map(({ message, key }) => (count(message) > 1 ? `${message} (${key})` : message))
}
