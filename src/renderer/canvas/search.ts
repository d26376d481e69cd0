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

/** The best of what the query is found in: the title, then the type, then the words of the documentation. */
function rate(query: string, def: Named): number {
  const title = fuzzy(query, def.title)
  const type = fuzzy(query, def.type)
  const doc = query.length > 2 && def.doc.toLowerCase().includes(query.toLowerCase()) ? 10 : -1
  return Math.max(title < 0 ? -1 : title + 20, type, doc)
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
