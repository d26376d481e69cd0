import DOMPurify, { type Config } from 'dompurify'
import katex from 'katex'
import 'katex/dist/katex.min.css'
import { memo, useLayoutEffect, useRef } from 'react'
import { brief } from './brief.ts'
import styles from './Markdown.module.css'
import { markdownHtml } from './markdown-html.ts'

const ALLOWED: Config & { readonly RETURN_DOM_FRAGMENT: true } = {
  ALLOWED_TAGS: [
    ...['p', 'br', 'hr', 'em', 'strong', 'del', 'code', 'pre', 'blockquote', 'a', 'span', 'div'],
    ...['ul', 'ol', 'li', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
    ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ],
  ALLOWED_ATTR: ['href', 'target', 'rel', 'data-tex', 'align', 'start'],
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  // Only `href` holds an address.
  ADD_URI_SAFE_ATTR: ['target', 'rel', 'data-tex', 'align', 'start'],
  RETURN_DOM_FRAGMENT: true,
}

/** Browsers lay out what is nested by recursion, and fall over what is nested thousands of times. */
const DEEPEST = 400

/** How deep elements are nested, without recursion. */
function depthOf(root: Node): number {
  let deepest = 0
  let depth = 0
  for (let node: Node | null = root.firstChild; node; ) {
    deepest = Math.max(deepest, depth + 1)
    if (node.firstChild) {
      node = node.firstChild
      depth++
      continue
    }
    while (node && node !== root && !node.nextSibling) {
      node = node.parentNode
      depth--
    }
    node = node === root ? null : (node?.nextSibling ?? null)
  }
  return deepest
}

/** More of one text than this is not shown. */
const MOST = 50_000

/** A text that nests deeper than a stack is shown as it is written. */
function drawn(text: string): Node {
  try {
    const content = DOMPurify.sanitize(markdownHtml(text), ALLOWED)
    for (const place of content.querySelectorAll<HTMLElement>('[data-tex]')) drawFormula(place)
    return depthOf(content) > DEEPEST ? document.createTextNode(text) : content
  } catch {
    return document.createTextNode(text)
  }
}

function drawFormula(place: HTMLElement): void {
  const tex = place.dataset.tex ?? ''
  try {
    katex.render(tex, place, {
      displayMode: place.tagName === 'DIV',
      throwOnError: false,
      trust: false,
      maxExpand: 200,
      maxSize: 20,
    })
    if (depthOf(place) > DEEPEST) place.textContent = tex
  } catch {
    place.textContent = tex
  }
}

interface Props {
  readonly text: string
  readonly className?: string
}

/**
 * Markdown with formulas. Everything is sanitised; KaTeX draws its elements itself, so that no inline style has to
 * be allowed by the page's policy.
 */
export const Markdown = memo(function Markdown({ text, className }: Props) {
  const host = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    host.current!.replaceChildren(drawn(brief(text, MOST)))
  }, [text])
  return <div ref={host} className={className ? `${styles.markdown} ${className}` : styles.markdown} />
})
