const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const NARROW = /[\p{Mn}\p{Me}\p{Cf}]/u
const ESCAPE = '\x1b'

/** Columns that a text takes on a terminal; colours take none. */
export function displayWidth(text: string): number {
  let width = 0
  for (const part of pieces(text)) width += widthOf(part)
  return width
}

/** The text cut to `width` columns, with … where something was cut; colours stay whole. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let out = ''
  let used = 0
  let full = false
  for (const part of pieces(text)) {
    const w = widthOf(part)
    if (part.startsWith(ESCAPE)) out += part
    else if (!full && used + w <= width - 1) {
      out += part
      used += w
    } else if (!full) {
      full = true
      out += '…'
    }
  }
  return out
}

export const padEnd = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - displayWidth(text)))

export const padStart = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - displayWidth(text))) + text

/** Breaks a paragraph at spaces into lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/[ \t\n]+/).filter(Boolean)) {
    if (line && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  if (line) lines.push(line)
  return lines
}

/** Characters, with each colour sequence as one piece. */
function pieces(text: string): string[] {
  const out: string[] = []
  let i = 0
  while (i < text.length) {
    const end = text[i] === ESCAPE ? text.indexOf('m', i) + 1 : 0
    const length = end > 0 ? end - i : text.codePointAt(i)! > 0xffff ? 2 : 1
    out.push(text.slice(i, i + length))
    i += length
  }
  return out
}

const widthOf = (piece: string): number =>
  piece.startsWith(ESCAPE) || NARROW.test(piece) ? 0 : WIDE.test(piece) ? 2 : 1
