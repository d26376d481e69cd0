/** What a search looks at. */
interface Named {
  readonly title: string
  readonly type: string
  readonly doc: string
}

/** How well letters of `query` are found, in order, in `text`; -1 where they are not. */
export function fuzzy(query: string, text: string): number {
  const [q, t] = [query.toLowerCase(), text.toLowerCase()]
  const at = t.indexOf(q)
  if (at >= 0) return 100 - Math.min(at, 40) + (at === 0 || /[\s._]/.test(t[at - 1]!) ? 40 : 0)
  let score = 0
  let from = 0
  let run = 0
  for (const letter of q) {
    if (letter === ' ') continue
    const found = t.indexOf(letter, from)
    if (found < 0) return -1
    run = found === from && from > 0 ? run + 1 : 0
    score += 2 + run * 3 + (found === 0 || /[\s._]/.test(t[found - 1]!) ? 6 : 0) - Math.min(found - from, 8)
    from = found + 1
  }
  return Math.max(0, Math.min(score, 60))
}

/** Shorter parts of a name say little. */
const PART = 4

/**
 * How many words of the query are in a node's title or type, if each is somewhere in what is said of it, in any order;
 * a word may go on where a name ends: "emoji dataset" is the `data.emoji`.
 */
function words(query: string, def: Named): number {
  const list = query.toLowerCase().split(/\s+/)
  if (list.length < 2) return -1
  const names = `${def.title} ${def.type}`.toLowerCase()
  const parts = names.split(/[^\p{L}\p{N}]+/u).filter(part => part.length >= PART)
  const isNamed = (word: string) => names.includes(word) || parts.some(part => word.startsWith(part))
  const doc = def.doc.toLowerCase()
  const named = list.filter(isNamed)
  return named.length > 0 && list.every(word => isNamed(word) || doc.includes(word)) ? 10 * named.length : -1
}

/** The best of what the query is found in: the title, then the type, then the words of the documentation. */
function rate(query: string, def: Named): number {
  const title = fuzzy(query, def.title)
  const type = fuzzy(query, def.type)
  const found = (text: string) => query.length > 2 && text.toLowerCase().includes(query.toLowerCase())
  // What a node is comes first; further on its documentation speaks of others, too.
  const doc = found(firstSentence(def.doc)) ? 18 : found(def.doc) ? 10 : -1
  return Math.max(title < 0 ? -1 : title + 20, type, doc, words(query, def))
}

/** Nodes that match, the best first; all of them, as given, for an empty query. */
export function searchNodes<T extends Named>(query: string, defs: readonly T[]): readonly T[] {
  const q = query.trim()
  if (!q) return defs
  return defs
    .map((def, place) => ({ def, place, score: rate(q, def) }))
    .filter(found => found.score >= 0)
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .map(found => found.def)
}

/** The first sentence of a node's documentation, without Markdown. */
export function firstSentence(doc: string): string {
  const text = doc
    .split('\n\n', 1)[0]!
    // Formulas that are more than a letter say nothing in one line.
    .replace(/,?\s*\$[^$]*\\[^$]*\$/g, '')
    .replace(/\$/g, '')
    .replace(/[`*_]/g, '')
    .replace(/\s+/g, ' ')
  const end = text.search(/[.:;](\s|$)/)
  return end < 0 ? text : text.slice(0, end + 1).replace(/[:;]$/, '.')
}
