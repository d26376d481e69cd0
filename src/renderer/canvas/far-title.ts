import type { Size } from './layout.ts'

/** Room for the title from afar, in pixels of the card. */
const WIDTH = 220
const LARGEST = 40
const SMALLEST = 14
/** Of the typeface, in units of its size: a wide guess at the mean letter, a line, the status below the title. */
const LETTER = 0.58
const LINE = 1.12
const STATUS = 1.2
const PADDING = 12

const wordsOf = (title: string): readonly string[] => title.split(/\s+|(?<=-)/).filter(Boolean)

/** Lines that the words take, with so many letters to a line; 0 where one word is longer than that. */
function linesOf(words: readonly string[], letters: number): number {
  let lines = 1
  let used = 0
  for (const word of words) {
    if (word.length > letters) return 0
    const wanted = used === 0 ? word.length : used + 1 + word.length
    if (wanted <= letters) used = wanted
    else {
      lines++
      used = word.length
    }
  }
  return lines
}

/** The largest type in which the whole title and the status below it fit on a card so high. */
export function farTitleSize(title: string, height: number): number {
  const words = wordsOf(title)
  for (let size = LARGEST; size > SMALLEST; size -= 2) {
    const lines = linesOf(words, Math.floor(WIDTH / (size * LETTER)))
    if (lines > 0 && size * (lines * LINE + STATUS) + PADDING <= height) return size
  }
  return SMALLEST
}

/** About as much room as the title and what stands above it take, in type of this size. */
export function farTitleSpace(title: string, size: number): Size {
  const lines = Math.max(1, linesOf(wordsOf(title), Math.floor(WIDTH / (size * LETTER))))
  const width = lines > 1 ? WIDTH : Math.min(WIDTH, title.length * size * LETTER)
  return { width, height: size * (lines * LINE + STATUS) }
}
