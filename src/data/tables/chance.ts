import { createHash } from 'node:crypto'
import type { Column } from '../table.ts'

/**
 * A number in [0, 1) for each name: a pure function of (purpose, seed, name), so that a row keeps its number however
 * the table is ordered, filtered or extended.
 */
export const chances = (purpose: string, seed: number, names: readonly string[]): Float64Array =>
  Float64Array.from(names, name => {
    const digest = createHash('sha256')
      .update(JSON.stringify([purpose, seed, name]))
      .digest()
    return digest.readUIntBE(0, 6) / 2 ** 48
  })

/** Places of the names in the order of their chances; equal ones by name. */
export function byChance(purpose: string, seed: number, names: readonly string[]): number[] {
  const chance = chances(purpose, seed, names)
  return names
    .map((_, row) => row)
    .sort((a, b) => chance[a]! - chance[b]! || (names[a]! < names[b]! ? -1 : 1))
}

/** What a row holds in a column, as a text that is equal where the contents are. */
export function contentOf(column: Column, row: number): string {
  switch (column.kind) {
    case 'image':
      return column.values[row]!.hash
    case 'frames':
      return JSON.stringify(column.values[row]!.map(frame => frame.hash))
    case 'text':
      return JSON.stringify(column.values[row])
    default:
      return String(column.values[row])
  }
}
