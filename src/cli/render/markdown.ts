import type { Style } from './style.ts'
import { plainTex } from './tex.ts'
import { wrap } from './text.ts'

const INLINE = /`([^`]+)`|\$([^$]+)\$|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)]+)\)/g
/** A space within a piece that must not be broken, until the lines are made. */
const HARD_SPACE = '\u00a0'

/** Markdown with formulas as text of at most `width` columns: paragraphs flow, lists and formulas keep their lines. */
export function plainMarkdown(markdown: string, width: number, style: Style): string[] {
  const blocks = markdown.trim().split(/\n\s*\n/)
  return blocks
    .map(block => renderBlock(block, width, style))
    .flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]))
}

function renderBlock(block: string, width: number, style: Style): string[] {
  const formula = /^([\s\S]*?)\$\$([\s\S]+?)\$\$([\s\S]*)$/.exec(block)
  if (formula) {
    const [, before, tex, after] = formula as unknown as [string, string, string, string]
    const shown = plainTex(tex)
      .split('\n')
      .map(line => `    ${line.trim()}`)
    return [
      ...(before.trim() ? renderBlock(before, width, style) : []),
      ...shown,
      ...(after.trim() ? renderBlock(after, width, style) : []),
    ]
  }
  const heading = /^#+\s+(.*)$/.exec(block)
  if (heading) return [style.bold(heading[1]!)]
  if (/^\s*[-*]\s/.test(block))
    return block
      .split(/\n(?=\s*[-*]\s)/)
      .flatMap(item =>
        flow(item.replace(/^\s*[-*]\s+/, ''), width - 2, style).map((line, i) => `${i ? ' ' : '•'} ${line}`),
      )
  return flow(block, width, style)
}

const flow = (text: string, width: number, style: Style): string[] =>
  wrap(inline(text, style), width).map(line => line.replaceAll(HARD_SPACE, ' '))

const inline = (text: string, style: Style): string =>
  text.replace(INLINE, (_, code, tex, bold, emphasis, label, target) => {
    if (code) return style.cyan(code.replaceAll(' ', HARD_SPACE))
    if (tex) return plainTex(tex).replaceAll(' ', HARD_SPACE)
    if (bold) return style.bold(bold)
    return emphasis ?? `${label} (${target})`
  })
