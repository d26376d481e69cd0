import { expect, it } from 'vitest'
import type { Report } from '../../src/graph/host.ts'
import { intervalLayout } from '../../src/renderer/runs/interval-layout.ts'
import { matrixLayout, SLANT } from '../../src/renderer/runs/matrix-layout.ts'
import {
  hasClasses,
  headline,
  matrixCsv,
  metricsCsv,
  reportFacts,
  reportRows,
  rowShares,
  shortWords,
  tableCsv,
  words,
} from '../../src/renderer/runs/report-model.ts'

const retrieval: Report = {
  metrics: {
    n: 148,
    'image_to_text_recall@1': 0.1284,
    'image_to_text_recall@5': 0.277,
    image_to_text_median_rank: 16,
    'text_to_image_recall@1': 0.0743,
    'chance_recall@1': 1 / 148,
    'chance_recall@5': 5 / 148,
  },
  standardErrors: {
    'image_to_text_recall@1': 0.0275,
    'image_to_text_recall@5': 0.0368,
    'text_to_image_recall@1': 0.0216,
  },
}

const zeroShot: Report = {
  metrics: { top1: 0.378, balanced_accuracy: 0.319, chance: 1 / 9, classes: 9, ties: 0, n: 148 },
  standardErrors: { top1: 0.04, balanced_accuracy: 0.033 },
}

it('puts value, standard error and chance of a score in one row', () => {
  const shown = reportRows(retrieval).map(r => [r.label, r.shown, r.shownError, r.shownChance, r.shownTimes])
  expect(shown).toEqual([
    ['Image → text recall@1', '12.8 %', '2.8', '0.7 %', '19×'],
    ['Image → text recall@5', '27.7 %', '3.7', '3.4 %', '8.2×'],
    ['Image → text median rank', '16', undefined, undefined, undefined],
    ['Text → image recall@1', '7.4 %', '2.2', '0.7 %', '11×'],
  ])
  // 7.4 % ± 2.2 is well above 0.7 %; 2 % ± 1.2 would not be.
  expect(reportRows(retrieval).map(r => r.beatsChance)).toEqual([true, true, false, true])
  const weak = {
    metrics: { 'recall@1': 0.02, 'chance_recall@1': 0.007 },
    standardErrors: { 'recall@1': 0.012 },
  }
  expect(reportRows(weak)[0]).toMatchObject({ beatsChance: false, shownTimes: '2.9×' })
  expect(reportFacts(zeroShot)).toEqual([
    { label: 'Classes', value: '9' },
    { label: 'Ties', value: '0' },
    { label: 'rows', value: '148' },
  ])
})

it('picks the most telling scores for a card', () => {
  expect(headline(retrieval).map(r => shortWords(r.name))).toEqual(['I → T R@1', 'T → I R@1'])
  expect(headline(zeroShot).map(r => r.label)).toEqual(['Top-1 accuracy', 'Balanced accuracy'])
  expect(headline({ metrics: { perplexity: 12.5 } }).map(r => r.shown)).toEqual(['12.5'])
  expect(headline({ metrics: {} })).toEqual([])
  expect(words('mean_average_precision')).toBe('Mean average precision')
})

it('colours counts by their share of the row, an empty row not at all', () => {
  const matrix = {
    title: 'Confusion',
    rowLabels: ['a', 'b'],
    columnLabels: ['a', 'b'],
    values: [
      [3, 1],
      [0, 0],
    ],
  }
  expect(rowShares(matrix)).toEqual([
    [0.75, 0.25],
    [0, 0],
  ])
  expect(hasClasses(matrix)).toBe(true)
  expect(hasClasses({ ...matrix, values: [[0.5, -1]] })).toBe(false)
})

it('leaves room for every label of a matrix', () => {
  const needs = { rows: 9, columns: 9, rowLabel: 110, columnLabel: 110, number: 14 }
  const { cell, left, top, width, height } = matrixLayout(needs)
  const slant = (SLANT * Math.PI) / 180
  expect(left).toBeGreaterThanOrEqual(110)
  // The slanted label of the last column: as high as it reaches, as far as it leans out.
  expect(top).toBeGreaterThan(Math.sin(slant) * 110)
  expect(width).toBeGreaterThanOrEqual(left + 8.5 * cell + Math.cos(slant) * 110)
  expect(height).toBeGreaterThanOrEqual(top + 9 * cell)
  expect(matrixLayout({ ...needs, number: 60 }).cell).toBeGreaterThan(60)
})

it('makes a matrix as large as there is room for, and never too small to read', () => {
  const needs = { rows: 9, columns: 9, rowLabel: 110, columnLabel: 110, number: 14 }
  const within = (width: number, height: number) => matrixLayout({ ...needs, room: { width, height } })
  for (const [w, h] of [
    [500, 400],
    [420, 900],
    [900, 420],
  ] as const) {
    const { width, height, cell } = within(w, h)
    expect(width).toBeLessThanOrEqual(w)
    expect(height).toBeLessThanOrEqual(h)
    expect(cell).toBeGreaterThan(matrixLayout(needs).cell)
  }
  expect(within(100, 100)).toEqual(matrixLayout(needs))
  expect(within(5_000, 5_000).cell).toBeLessThan(50)
})

it('copies as CSV, numbers in full, nothing that a spreadsheet would run', () => {
  expect(metricsCsv(zeroShot).split('\r\n').slice(0, 2)).toEqual([
    'metric,value,standard_error,chance',
    `top1,0.378,0.04,${1 / 9}`,
  ])
  const labels = ['=SUM(A1)', 'a, "b"']
  expect(
    matrixCsv({
      title: '',
      rowLabels: labels,
      columnLabels: labels,
      values: [
        [1, 2],
        [3, 4],
      ],
    }),
  ).toBe(`,'=SUM(A1),"a, ""b"""\r\n'=SUM(A1),1,2\r\n"a, ""b""",3,4\r\n`)
  expect(tableCsv({ title: '', columns: ['x'], rows: [[-1.5], ['+1']] })).toBe("x\r\n-1.5\r\n'+1\r\n")
})

it('draws the interval of a bar with the line that it is held against', () => {
  const verdict = {
    claim: 'No worse than CLIP',
    met: true,
    sentence: '',
    bar: { relation: 'noWorse', metric: 'accuracy', against: 'accuracy', margin: 0.02, paired: true },
    interval: { difference: 0.01, low: -0.01, high: 0.03 },
    threshold: -0.02,
  } as const
  const layout = intervalLayout(verdict)!
  expect([layout.threshold, layout.low, layout.zero, layout.at, layout.high].map(Math.round)).toEqual([
    10, 26, 42, 58, 90,
  ])
  expect(layout.good).toEqual({ from: layout.threshold, to: 100 })
  const less = intervalLayout({ ...verdict, threshold: 0, bar: { ...verdict.bar, relation: 'less' } })!
  expect(less.good).toEqual({ from: 0, to: less.zero })
  expect(intervalLayout({ ...verdict, bar: { ...verdict.bar, relation: 'chance' } })!.good).toBeUndefined()
  expect(intervalLayout({ ...verdict, interval: undefined })).toBeUndefined()
  const point = intervalLayout({ ...verdict, threshold: 0, interval: { difference: 0, low: 0, high: 0 } })!
  expect(Object.values(point).every(x => typeof x !== 'number' || Number.isFinite(x))).toBe(true)
})
