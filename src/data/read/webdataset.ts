import { basename } from 'node:path'
import { IMAGE_EXTENSIONS } from '../decode.ts'
import { DataError, reason } from '../error.ts'
import { isRecord } from '../folder-records.ts'
import type { BadRow } from '../table.ts'
import { expandBraces } from './braces.ts'
import { Picture } from './picture.ts'
import { openFile, type RandomFile } from './random-file.ts'
import type { RawRow, RowSource } from './raw.ts'
import { type TarMember, tarMembers } from './tar.ts'

/** A larger text is no caption; reading it would take the memory of everything else. */
const MAX_TEXT_BYTES = 16 << 20
/** Members of a sample; more are no sample. */
const MAX_MEMBERS = 1000
const TEXTS: ReadonlySet<string> = new Set(['txt', 'text', 'caption', 'cls', 'json'])

/** The files of one key that lie together in a shard. */
interface Sample {
  readonly key: string
  readonly members: Map<string, TarMember>
  /** Members that spoil the sample. */
  readonly problems: string[]
}

/**
 * The samples of WebDataset shards: files that share everything before the first dot of their name, and lie
 * together, are one row. `jpg`, `png` … are the column `image`, `left.png` is `left`; `txt` is `caption`, `a.txt` is
 * `a`; `cls` is `label`; `json` gives a column for each of its keys. Other files are left out.
 *
 * Shards are read where they lie and nothing is extracted: a row keeps the place of its picture in the shard.
 */
export function webdatasetSource(pattern: string): RowSource {
  const paths = expandBraces(pattern)
  const read = { done: 0, total: 0 }
  async function* rows(signal?: AbortSignal): AsyncGenerator<RawRow | BadRow> {
    read.done = 0
    read.total = paths.length
    for (const path of paths) {
      yield* shardRows(path, paths.length > 1, signal)
      read.done++
    }
  }
  return { what: `WebDataset ${basename(pattern)}`, rows, place: () => ({ ...read }) }
}

async function* shardRows(
  path: string,
  oneOfMany: boolean,
  signal?: AbortSignal,
): AsyncGenerator<RawRow | BadRow> {
  const shard = basename(path)
  let file: RandomFile
  try {
    file = await openFile(path)
  } catch (error) {
    if (!oneOfMany || !(error instanceof DataError)) throw error
    yield { where: shard, problem: error.message }
    return
  }
  const seen = new Set<string>()
  let sample: Sample | undefined
  const finish = async function* (): AsyncGenerator<RawRow | BadRow> {
    if (sample) yield await rowOf(file, shard, sample)
    sample = undefined
  }
  try {
    for await (const member of tarMembers(file, signal)) {
      if ('problem' in member) {
        // A cut through a sample leaves it without files that it should have: the last one is not trusted.
        const cut = sample ? ` The sample "${sample.key}" may be incomplete and is left out.` : ''
        sample = undefined
        yield { where: shard, problem: member.problem + cut }
        continue
      }
      if (member.type === 'folder') continue
      const parts = splitName(member.name)
      if ('problem' in parts) {
        yield { where: `${shard}: ${JSON.stringify(member.name)}`, problem: parts.problem }
        continue
      }
      const { key, extension } = parts
      if (sample?.key !== key) {
        yield* finish()
        sample = { key, members: new Map(), problems: [] }
        if (seen.has(key))
          sample.problems.push(
            'its files don’t lie together: this key was in the shard before. Sort the shard.',
          )
        seen.add(key)
      }
      addMember(sample, extension, member)
    }
    yield* finish()
  } finally {
    await file.close()
  }
}

/** Key and extension, split at the first dot after the last slash; hidden files have no key. */
function splitName(name: string): { key: string; extension: string } | { problem: string } {
  const plain = name.replace(/^\.\//, '')
  if (plain.startsWith('/') || /(^|[\\/])\.\.([\\/]|$)/.test(plain) || /^[a-z]:/i.test(plain))
    return { problem: 'this name leads outside the archive, so the file is not used.' }
  const found = /^((?:.*\/)?[^./]+)\.([^/]+)$/s.exec(plain)
  if (!found) return { problem: 'this name has no key and extension, such as "000001.jpg".' }
  return { key: found[1]!, extension: found[2]!.toLowerCase() }
}

function addMember(sample: Sample, extension: string, member: TarMember): void {
  if (member.type !== 'file') sample.problems.push(`"${extension}" is a ${member.type}, not a file.`)
  else if (sample.members.has(extension)) sample.problems.push(`it has two files "${extension}".`)
  else if (sample.members.size >= MAX_MEMBERS) sample.problems.push(`it has more than ${MAX_MEMBERS} files.`)
  else sample.members.set(extension, member)
}

async function rowOf(file: RandomFile, shard: string, sample: Sample): Promise<RawRow | BadRow> {
  const { key } = sample
  const where = `${shard}: ${JSON.stringify(key)}`
  if (sample.problems.length > 0) return { where, problem: sample.problems[0]! }
  const own = new Map<string, unknown>()
  const metadata = new Map<string, unknown>()
  for (const [extension, member] of sample.members) {
    const dot = extension.lastIndexOf('.')
    const last = extension.slice(dot + 1)
    const before = extension.slice(0, Math.max(0, dot))
    if (IMAGE_EXTENSIONS.has(last)) {
      const name = before || 'image'
      if (own.has(name)) return { where, problem: `it has two files for the column "${name}".` }
      own.set(name, new Picture(file.path, { offset: member.offset, length: member.size }))
      continue
    }
    if (!TEXTS.has(last)) continue
    const read = await readText(file, member)
    if ('problem' in read) return { where, problem: `"${extension}" ${read.problem}` }
    if (last === 'json') {
      const found = parseJson(read.text)
      if ('problem' in found) return { where, problem: `"${extension}" ${found.problem}` }
      for (const [name, value] of Object.entries(found.values)) metadata.set(name, value)
    } else if (last === 'cls') own.set(before || 'label', classOf(read.text))
    else own.set(before || 'caption', read.text)
  }
  // What a sample's own files say goes before what its JSON says of the same name.
  const rest = [...metadata].filter(([name]) => !own.has(name))
  return { where, id: key, values: Object.fromEntries([...own, ...rest]) }
}

const classOf = (text: string): string | number => (/^\s*-?\d{1,9}\s*$/.test(text) ? Number(text) : text)

async function readText(
  file: RandomFile,
  member: TarMember,
): Promise<{ text: string } | { problem: string }> {
  if (member.size > MAX_TEXT_BYTES)
    return { problem: `has ${Math.round(member.size / 2 ** 20)} MiB: too large for a text.` }
  try {
    const bytes = await file.read(member.offset, member.size)
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { problem: 'is not UTF-8 text.' }
  }
}

function parseJson(text: string): { values: Record<string, unknown> } | { problem: string } {
  try {
    const values: unknown = JSON.parse(text)
    return isRecord(values) ? { values } : { problem: 'is JSON but no object.' }
  } catch (error) {
    return { problem: `is not JSON: ${reason(error)}.` }
  }
}
