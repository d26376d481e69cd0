/** Room for the title from afar, in pixels of the card. */
const WIDTH = 220
const LARGEST = 40
const SMALLEST = 14
/** Of the typeface, in units of its size: a wide guess at the mean letter, a line, the status below the title. */
const LETTER = 0.58
const LINE = 1.12
const STATUS = 1.2
const PADDING = 12

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
  const words = title.split(/\s+|(?<=-)/).filter(Boolean)
  for (let size = LARGEST; size > SMALLEST; size -= 2) {
    const lines = linesOf(words, Math.floor(WIDTH / (size * LETTER)))
    if (lines > 0 && size * (lines * LINE + STATUS) + PADDING <= height) return size
  }
  return SMALLEST
}
