import { DataError } from '../error.ts'

/** More shards than this are a mistyped range. */
const MOST = 100_000

/**
 * The names of a pattern with braces, in order, as WebDataset and the shell have them: `{000..146}` counts with as
 * many digits as its ends have, `{a,b}` lists. Several braces give every combination.
 */
export function expandBraces(pattern: string): string[] {
  const found = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(pattern)
  if (!found) return [pattern]
  const [, before = '', inside = '', after = ''] = found
  const rest = expandBraces(after)
  const parts = alternatives(inside)
  const count = parts.length * rest.length
  if (count > MOST) throw new DataError(`"${pattern}" names ${count} files; at most ${MOST} are read.`)
  return parts.flatMap(part => rest.map(tail => before + part + tail))
}

function alternatives(inside: string): string[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(inside)
  if (!range) return inside.includes(',') ? inside.split(',') : [`{${inside}}`]
  const [, low = '', high = ''] = range
  const first = Number(low)
  const count = Number(high) - first + 1
  if (count < 1) throw new DataError(`The range {${inside}} counts down. Write {${high}..${low}}.`)
  if (count > MOST)
    throw new DataError(`The range {${inside}} names ${count} files; at most ${MOST} are read.`)
  const digits = low.length === high.length || low.startsWith('0') ? low.length : 0
  return Array.from({ length: count }, (_, at) => String(first + at).padStart(digits, '0'))
}
