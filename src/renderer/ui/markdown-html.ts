import { Marked, type TokenizerAndRendererExtension } from 'marked'

const escaped = (text: string): string => text.replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)

/** Formulas become empty elements that carry their source; `Markdown` has KaTeX draw into them. */
const place = (tag: string, tex: string): string => `<${tag} data-tex="${escaped(tex.trim())}"></${tag}>`

const displayMath: TokenizerAndRendererExtension = {
  name: 'displayMath',
  level: 'block',
  start: src => src.match(/(^|\n)\$\$/)?.index,
  tokenizer: src => {
    const match = /^\$\$([\s\S]+?)\$\$[ \t]*(?:\n|$)/.exec(src.replace(/^\n/, ''))
    return match && !src.startsWith('\n') ? { type: 'displayMath', raw: match[0], text: match[1] } : undefined
  },
  renderer: token => place('div', token.text),
}

/** `$x$`: as in Pandoc, no space inside the dollars and no digit after them, so that prices stay prices. */
const inlineMath: TokenizerAndRendererExtension = {
  name: 'inlineMath',
  level: 'inline',
  start: src => src.indexOf('$'),
  tokenizer: src => {
    const match = /^\$(?!\s)((?:\\.|[^$\\])+?)(?<!\s)\$(?!\d)/.exec(src)
    return match ? { type: 'inlineMath', raw: match[0], text: match[1] } : undefined
  },
  renderer: token => place('span', token.text),
}

/** A formula of its own within a paragraph. */
const inlineDisplay: TokenizerAndRendererExtension = {
  name: 'inlineDisplay',
  level: 'inline',
  start: src => src.indexOf('$$'),
  tokenizer: src => {
    const match = /^\$\$([^$]+?)\$\$/.exec(src)
    return match ? { type: 'inlineDisplay', raw: match[0], text: match[1] } : undefined
  },
  renderer: token => place('span', token.text),
}

const arxiv: TokenizerAndRendererExtension = {
  name: 'arxiv',
  level: 'inline',
  start: src => src.indexOf('arXiv'),
  tokenizer: src => {
    const match = /^arXiv:? (\d{4}\.\d{4,5})/.exec(src)
    return match ? { type: 'arxiv', raw: match[0], text: match[1] } : undefined
  },
  renderer: token => link(`https://arxiv.org/abs/${token.text}`, escaped(token.raw)),
}

const link = (href: string, text: string): string =>
  `<a href="${escaped(href)}" target="_blank" rel="noopener noreferrer">${text}</a>`

const marked = new Marked({
  gfm: true,
  extensions: [displayMath, inlineDisplay, inlineMath, arxiv],
  renderer: {
    // A graph comes from elsewhere: its HTML is text, its pictures are their descriptions, no request is made.
    html: ({ text }) => escaped(text),
    image: ({ text, href }) => escaped(text || href),
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens)
      return /^(https?:|mailto:)/i.test(href) ? link(href, text) : text
    },
  },
})

/** Markdown as HTML; still to be sanitised, whoever wrote it. */
export const markdownHtml = (text: string): string => marked.parse(text, { async: false })
