import { describe, expect, it } from 'vitest'
import { buildTable } from '../../src/data/build.ts'
import { shuffleColumn } from '../../src/data/shuffle.ts'
import type { Table } from '../../src/data/table.ts'
import { firstTexts } from './helpers.ts'

function captions(texts: readonly string[]): Table {
  return buildTable({
    fields: { caption: { kind: 'text' }, number: { kind: 'int' } },
    columns: {
      caption: { kind: 'text', values: texts.map(text => [text]) },
      number: { kind: 'int', values: texts.map((_, row) => row) },
    },
    ids: texts.map((_, row) => `row${row}`),
  })
}

describe('shuffling a column', () => {
  it('moves every value to another row and keeps them all', () => {
    for (const rows of [2, 3, 5, 100, 1001]) {
      const texts = Array.from({ length: rows }, (_, row) => `text ${row}`)
      const moved = firstTexts(shuffleColumn(captions(texts), 'caption', 4), 'caption')
      expect(moved.toSorted()).toEqual(texts.toSorted())
      expect(moved.filter((text, row) => text === texts[row])).toEqual([])
    }
  })

  it('gives no row content equal to its own while at most half of the rows are alike', () => {
    const texts = Array.from({ length: 60 }, (_, row) => (row < 30 ? 'same' : `text ${row}`))
    const moved = firstTexts(shuffleColumn(captions(texts), 'caption', 1), 'caption')
    expect(moved.filter((text, row) => text === texts[row])).toEqual([])
    const alike = captions(['a', 'a', 'a', 'b'])
    expect(firstTexts(shuffleColumn(alike, 'caption', 1), 'caption').toSorted()).toEqual(['a', 'a', 'a', 'b'])
  })

  it('gives kin each other’s texts no more than by chance', () => {
    const kin = 20
    const texts = Array.from({ length: 2000 }, (_, row) => `kin ${Math.floor(row / kin)} member ${row % kin}`)
    const family = (text: string) => text.split(' ')[1]
    let within = 0
    for (let seed = 0; seed < 10; seed++) {
      const moved = firstTexts(shuffleColumn(captions(texts), 'caption', seed), 'caption')
      within += moved.filter((text, row) => family(text) === family(texts[row]!)).length
    }
    // By chance 19 of 1999 other rows are kin: 190 of 20,000, with a standard deviation near 14.
    expect(within).toBeGreaterThan(190 - 60)
    expect(within).toBeLessThan(190 + 60)
  })

  it('is deterministic, differs by seed, leaves other columns and ids, and has its own hash', () => {
    const table = captions(Array.from({ length: 50 }, (_, row) => `text ${row}`))
    const once = shuffleColumn(table, 'caption', 1)
    expect(shuffleColumn(table, 'caption', 1)).toEqual(once)
    expect(shuffleColumn(table, 'caption', 2).hash).not.toBe(once.hash)
    expect(once.hash).not.toBe(table.hash)
    expect(once.ids).toBe(table.ids)
    expect(once.columns.number).toBe(table.columns.number)
  })

  it('names the columns there are', () => {
    expect(() => shuffleColumn(captions(['a']), 'text', 0)).toThrowErrorMatchingInlineSnapshot(
      `[DataError: There is no column "text" to shuffle; this dataset has caption, number.]`,
    )
  })
})
