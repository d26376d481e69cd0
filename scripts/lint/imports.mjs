/** What may stand before a `/` that starts a regular expression; after anything else it divides. */
const BEFORE_REGEX = /(?:^|[([{,;=:!&|?+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete))\s*$/
const FILLER = '_'

/**
 * The text with comments, and the insides of strings, templates and regular expressions, blanked out, every
 * character in its place: code-like text in them is then not taken for code.
 *
 * @param {string} text TypeScript or JavaScript
 */
export function maskText(text) {
  const out = []
  // One entry for each template that is open: how many braces are open in its `${…}`.
  const templates = []
  let i = 0
  const copy = count => {
    out.push(text.slice(i, i + count))
    i += count
  }
  const blank = (count, filler) => {
    out.push(text.slice(i, i + count).replace(/[^\n]/g, filler))
    i += count
  }
  /** Length of the run from `i` up to `end`, backslash pairs skipped. */
  const until = isEnd => {
    let at = i
    while (at < text.length && !isEnd(at)) at += text[at] === '\\' ? 2 : 1
    return Math.min(at, text.length) - i
  }
  const templateText = () => {
    blank(
      until(at => text[at] === '`' || text.startsWith('${', at)),
      FILLER,
    )
    if (text[i] === '`') {
      copy(1)
      return
    }
    copy(2)
    templates.push(0)
  }
  const regex = () => {
    copy(1)
    let inClass = false
    const length = until(at => {
      if (text[at] === '[') inClass = true
      else if (text[at] === ']') inClass = false
      return text[at] === '\n' || (text[at] === '/' && !inClass)
    })
    blank(length, FILLER)
    copy(1)
  }

  while (i < text.length) {
    const c = text[i]
    if (text.startsWith('//', i)) {
      blank(
        until(at => text[at] === '\n'),
        ' ',
      )
    } else if (text.startsWith('/*', i)) {
      const end = text.indexOf('*/', i + 2)
      blank((end < 0 ? text.length : end + 2) - i, ' ')
    } else if (c === "'" || c === '"') {
      copy(1)
      blank(
        until(at => text[at] === c || text[at] === '\n'),
        FILLER,
      )
      copy(1)
    } else if (c === '`') {
      copy(1)
      templateText()
    } else if (c === '/' && BEFORE_REGEX.test(out.slice(-40).join('').slice(-40))) {
      regex()
    } else if (c === '}' && templates.at(-1) === 0) {
      copy(1)
      templates.pop()
      templateText()
    } else {
      if (templates.length > 0 && c === '{') templates[templates.length - 1]++
      if (templates.length > 0 && c === '}') templates[templates.length - 1]--
      copy(1)
    }
  }
  return out.join('')
}

const STATIC = /^[ \t]*(?:import|export)\b\s*(type\b(?!\s+from\b)\s*)?([\w$\s{},*]*?)\bfrom\s*(['"])(_*)\3/gm
const BARE = /^[ \t]*import\s*(['"])(_*)\1/gm
const CALL = /(?<![.\w$])(?:import|require)\s*\(\s*(?:(['"])(_*)\1)?/g
// A name to resolve may be computed: nothing is loaded by it.
const RESOLVE = /(?<![.\w$])(?:require|import\.meta)\.resolve\s*\(\s*(['"])(_*)\1/g

/**
 * Every import of a module, re-exports, `import()` and `require()` included.
 * `specifier` is undefined where it is computed.
 *
 * @param {string} text
 * @returns {{line: number, specifier: string | undefined, typeOnly: boolean}[]} in the order of the text
 */
export function findImports(text) {
  const masked = maskText(text)
  const found = []
  const add = (match, length, typeOnly) => {
    // The specifier's end: just before the closing quote, which ends the match.
    const end = match.index + match[0].length - 1
    found.push({
      at: match.index + match[0].search(/\S/),
      specifier: length === undefined ? undefined : text.slice(end - length, end),
      typeOnly,
    })
  }
  for (const match of masked.matchAll(STATIC)) add(match, match[4].length, Boolean(match[1]))
  for (const match of masked.matchAll(BARE)) add(match, match[2].length, false)
  for (const match of masked.matchAll(CALL)) add(match, match[2]?.length, false)
  for (const match of masked.matchAll(RESOLVE)) add(match, match[2].length, false)
  found.sort((a, b) => a.at - b.at)
  return found.map(({ at, specifier, typeOnly }) => ({
    line: text.slice(0, at).split('\n').length,
    specifier,
    typeOnly,
  }))
}
