import { suggest } from '../../graph/diagnostic.ts'
import type { DatasetValue, Report } from '../../graph/host.ts'
import { own } from '../../graph/own.ts'
import { hashString } from '../../nn/init.ts'

/** A figure of a report whose mean over items is its value. */
export interface Figure {
  readonly name: string
  /** What each item adds to the mean. */
  readonly values: readonly number[]
  /** The rows of the dataset that the items are, in their order. */
  readonly rows: readonly number[]
}

/** The items of figures over one dataset, as a report keeps them: figures over the same rows have one item set. */
export function itemsOf(
  dataset: Pick<DatasetValue, 'hash'>,
  figures: readonly Figure[],
): Required<Pick<Report, 'items' | 'itemSets'>> {
  const setOf = ({ rows }: Figure) =>
    [dataset.hash.slice(0, 16), rows.length, ...hashString(rows.join(' ')).map(x => x.toString(16))].join(':')
  return {
    items: Object.fromEntries(figures.map(f => [f.name, f.values])),
    itemSets: Object.fromEntries(figures.map(f => [f.name, setOf(f)])),
  }
}

/** The places 0 … n − 1: all rows of a dataset. */
export const allRows = (n: number): number[] => Array.from({ length: n }, (_, row) => row)

/** The items of one figure of a report, and what they are; an unnamed set ('') is like no other. */
export interface FigureItems {
  readonly items: readonly number[]
  readonly set: string
}

/** The items of a figure, or why the report has none, with what it has. */
export function findFigure(
  { items = {}, itemSets = {}, metrics }: Report,
  name: string,
): FigureItems | { readonly problem: string; readonly hint: string } {
  const found = own(items, name)
  if (found && found.length > 0) return { items: found, set: own(itemSets, name) ?? '' }
  const known = Object.keys(items)
  if (own(metrics, name) === undefined)
    return { problem: `has no figure "${name}"`, hint: suggest(name, known) }
  return {
    problem: `has no items for "${name}", so the figure has no interval`,
    hint: `Figures with items: ${known.join(', ') || 'none'}.`,
  }
}

/** Whether an item of one figure is the same thing as the item of the same place of the other. */
export const sameItems = (a: FigureItems, b: FigureItems): boolean =>
  a.set !== '' && a.set === b.set && a.items.length === b.items.length
