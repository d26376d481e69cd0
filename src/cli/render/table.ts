import { displayWidth, padEnd, padStart } from './text.ts'

export type Align = 'left' | 'right'

/** Rows of cells in aligned columns, two spaces apart; short rows end early. */
export function table(rows: readonly (readonly string[])[], align: readonly Align[], indent = ''): string[] {
  const columns = Math.max(0, ...rows.map(r => r.length))
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.max(...rows.map(r => displayWidth(r[c] ?? ''))),
  )
  return rows.map(row => {
    const cells = row.map((cell, c) =>
      align[c] === 'right' ? padStart(cell, widths[c]!) : padEnd(cell, widths[c]!),
    )
    return `${indent}${cells.join('  ')}`.trimEnd()
  })
}
