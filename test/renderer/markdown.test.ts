import { expect, it } from 'vitest'
import { registry } from '../../src/nodes/index.ts'
import { markdownHtml } from '../../src/renderer/ui/markdown-html.ts'

it('leaves formulas to KaTeX, whole, whatever Markdown would make of them', () => {
  expect(markdownHtml('with $a_b * c_d$ and\n\n$$x_{cls};\\, y_1\n= z$$\n\nend')).toBe(
    '<p>with <span data-tex="a_b * c_d"></span> and</p>\n<div data-tex="x_{cls};\\, y_1\n= z"></div><p>end</p>\n',
  )
  expect(markdownHtml('so $$x$$ is')).toBe('<p>so <span data-tex="x"></span> is</p>\n')
  expect(markdownHtml('$z\' < "1"$')).toContain('data-tex="z&#39; &#60; &#34;1&#34;"')
})

it('takes prices for prices', () => {
  expect(markdownHtml('costs $5 or $6')).toBe('<p>costs $5 or $6</p>\n')
})

it('finds the formulas of every node', () => {
  for (const { doc } of registry.values()) {
    const display = doc.match(/\$\$/g)?.length ?? 0
    expect(markdownHtml(doc).match(/<div data-tex/g)?.length ?? 0).toBe(display / 2)
    expect(markdownHtml(doc)).not.toMatch(/\$/)
  }
})

it('makes no element and no request that a graph asks for', () => {
  const html = markdownHtml(
    '<img src=x onerror=alert(1)> ![cat](http://tracker/x.png) [go](javascript:alert(1)) <script>1</script>',
  )
  expect(html).not.toMatch(/<(img|script)/)
  expect(html).not.toContain('javascript:')
  expect(html).toContain('cat')
})

it('opens links elsewhere, and knows arXiv', () => {
  expect(markdownHtml('(arXiv 2103.00020)')).toBe(
    '<p>(<a href="https://arxiv.org/abs/2103.00020" target="_blank" rel="noopener noreferrer">arXiv 2103.00020</a>)</p>\n',
  )
})
