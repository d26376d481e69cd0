import { stripVTControlCharacters } from 'node:util'

const LINES = 6

/** What a test failed with and where, in a line of a list of failures at the end of a run. */
export function inShort(error) {
  const message = stripVTControlCharacters(String(error?.message ?? error ?? 'no message'))
  const lines = message.split('\n').map(line => line.trim())
  const said = lines.filter(Boolean).slice(0, LINES).join(' | ')
  const { file, line } = error?.location ?? {}
  return file ? `${said} (${file}:${line})` : said
}
