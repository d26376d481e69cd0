/** The words that an emoji's captions are made of, in one language. */
export interface EmojiWords {
  /** CLDR's short name: "cook: light skin tone", "flag: Norway". */
  readonly label: string
  /** CLDR's keywords, in their own order. */
  readonly keywords: readonly string[]
  readonly group: string
  readonly subgroup: string
}

/** A name as it stands in a sentence: CLDR's colon becomes a comma, and English flags read "flag of Norway". */
export function spokenName(label: string, language: string): string {
  if (language.startsWith('en')) {
    const flag = /^flag: (.+)$/.exec(label)
    if (flag) return `flag of ${flag[1]}`
    const keycap = /^keycap: (.+)$/.exec(label)
    if (keycap) return `keycap ${keycap[1]}`
  }
  return label.replace(/\s*[:：]\s*/g, ', ')
}

/**
 * The captions of one emoji. The first is the canonical one that evaluation uses: what the picture is called, what
 * kind of thing it is, and its keywords. The others say less, each in another way, so that training sees names,
 * kinds and keywords apart. Ids and code points are never said.
 */
export function emojiCaptions(words: EmojiWords, language: string): string[] {
  const name = spokenName(words.label, language)
  const kind = `${words.subgroup}, ${words.group}`
  const beside = (said: string) => [said, ...newKeywords(said, words.keywords)]
  const named = beside(name)
  const captions = [
    beside(`${name}, ${kind}`).join(', '),
    name,
    named.join(', '),
    `${name}, ${words.subgroup}`,
    `${words.group}: ${name}`,
  ]
  if (named.length > 1) captions.push(beside(words.subgroup).join(', '))
  if (named.length > 4) captions.push(named.filter((_, place) => place % 2 === 0).join(', '))
  if (language.startsWith('en')) captions.push(`an emoji of ${name}`, `${name}, an emoji of ${words.group}`)
  return [...new Set(captions)]
}

/** Keywords with a word that is not said yet. */
function newKeywords(text: string, keywords: readonly string[]): string[] {
  const said = new Set(wordsOf(text))
  return keywords.filter(keyword => wordsOf(keyword).some(word => !said.has(word)))
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [text]
}
