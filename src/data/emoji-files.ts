import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { emojiKey } from './emoji-base.ts'
import { DataError, reason, systemCode } from './error.ts'

/** One emoji or skin-tone variant as CLDR names it. `tone` is 1 (light) … 5 (dark), two of them for two people. */
export interface EmojiName {
  readonly key: string
  readonly label: string
  readonly keywords: readonly string[]
  readonly group: number
  readonly subgroup: number
  readonly order: number
  readonly tones: readonly number[]
}

/** A group or subgroup: its number in the names' file, its English key and its name in the chosen language. */
export interface EmojiKind {
  readonly order: number
  readonly key: string
  readonly message: string
}

export interface EmojiMessages {
  readonly groups: readonly EmojiKind[]
  readonly subgroups: readonly EmojiKind[]
}

/** A picture of 64×64 pixels; `path` is absolute, `file` its name inside the package. */
export interface EmojiPicture {
  readonly key: string
  readonly path: string
  readonly file: string
}

interface NameEntry {
  readonly hexcode: string
  readonly label: string
  readonly tags?: readonly string[]
  readonly group?: number
  readonly subgroup?: number
  readonly order?: number
  readonly tone?: number | readonly number[]
  readonly skins?: readonly NameEntry[]
}

interface PictureEntry {
  readonly unified: string
  readonly image: string
  readonly has_img_google: boolean
  readonly skin_variations?: Readonly<Record<string, PictureEntry>>
}

const PICTURES = 'emoji-datasource-google'
const NAMES = 'emojibase-data'
const PICTURE_FOLDER = 'img/google/64'

// The packages stay outside a bundle, so they are looked up as any installed package is.
const require = createRequire(import.meta.url)

/** CLDR's names in a language, by key; a skin-tone variant has the keywords and groups of its emoji. */
export async function loadEmojiNames(language: string): Promise<Map<string, EmojiName>> {
  const entries: readonly NameEntry[] = JSON.parse(await languageFile(language, 'data.json'))
  const names = new Map<string, EmojiName>()
  for (const entry of entries) {
    // Regional indicators are letters that flags are spelt with; they have no group and no picture.
    if (entry.group === undefined || entry.subgroup === undefined) continue
    for (const form of [entry, ...(entry.skins ?? [])]) {
      const key = emojiKey(form.hexcode)
      names.set(key, {
        key,
        label: form.label,
        keywords: entry.tags ?? [],
        group: entry.group,
        subgroup: entry.subgroup,
        order: form.order ?? 0,
        tones: form.tone === undefined ? [] : [form.tone].flat(),
      })
    }
  }
  return names
}

/** The names of groups and subgroups in a language. */
export async function loadEmojiMessages(language: string): Promise<EmojiMessages> {
  return JSON.parse(await languageFile(language, 'messages.json'))
}

/** Every picture of the Google set, in the package's own order. */
export async function loadEmojiPictures(): Promise<EmojiPicture[]> {
  const folder = packageFolder(PICTURES)
  const entries: readonly PictureEntry[] = JSON.parse(await readFile(join(folder, 'emoji.json'), 'utf8'))
  return entries
    .flatMap(entry => [entry, ...Object.values(entry.skin_variations ?? {})])
    .filter(entry => entry.has_img_google)
    .map(entry => ({
      key: emojiKey(entry.unified),
      path: join(folder, PICTURE_FOLDER, entry.image),
      file: `${PICTURE_FOLDER}/${entry.image}`,
    }))
}

async function languageFile(language: string, file: string): Promise<string> {
  const folder = packageFolder(NAMES)
  // A language is a folder's name; anything else must not become a path.
  if (/^[a-z]{2}(-[a-z]+)?$/.test(language)) {
    try {
      return await readFile(join(folder, language, file), 'utf8')
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
    }
  }
  const all = await readdir(folder)
  const languages = all.filter(name => /^[a-z]{2}(-[a-z]+)?$/.test(name)).sort()
  throw new DataError(`There are no emoji names in "${language}". Choose one of ${languages.join(', ')}.`)
}

function packageFolder(name: string): string {
  try {
    return dirname(require.resolve(`${name}/package.json`))
  } catch (error) {
    throw new DataError(`The package ${name} is not installed (${reason(error)}). Run "npm install".`)
  }
}
