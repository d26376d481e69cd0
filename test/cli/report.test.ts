import { expect, test } from 'vitest'
import { reportLines } from '../../src/cli/render/report.ts'
import { styleFor } from '../../src/cli/render/style.ts'
import type { Report } from '../../src/graph/host.ts'

const report: Report = {
  metrics: { accuracy: 0.5, 'accuracy/swap': 0.25, chance: 0.5, ties: 1, n: 4 },
  standardErrors: { accuracy: 0.25, 'accuracy/swap': 0.2 },
  warnings: ['Equal scores count as right.'],
  matrices: [
    {
      title: 'Accuracy by kind',
      axes: { rows: 'kind', columns: 'measure' },
      rowLabels: ['all', 'swap'],
      columnLabels: ['accuracy', 'chance'],
      values: [
        [0.5, 0.5],
        [0, 0.5],
      ],
    },
  ],
}
const lines = (width: number) => reportLines('choice', report, width, styleFor(false, {})).join('\n')

test('a report’s warnings come first, and a heat map has its own labels', () => {
  expect(lines(80)).toMatchInlineSnapshot(`
    "choice
      ! Equal scores count as right.
      metric          value  ± s.e.  chance  × chance
      accuracy       0.5000  0.2500  0.5000       1.0
      accuracy/swap  0.2500  0.2000  0.5000       0.5
      ties                1
      n                   4

      Accuracy by kind
      kind \\ measure  accuracy  chance
      all               0.5000  0.5000
      swap                   0  0.5000"
  `)
})

test('a heat map that is too wide is only named', () => {
  expect(lines(20).split('\n').at(-1)).toMatchInlineSnapshot(
    `"  Accuracy by kind: 2 rows, in the run’s folder"`,
  )
})

test('a bar says whether it is met, what it claims, and the numbers', () => {
  const verdict = {
    claim: 'Swapped colours are told apart',
    met: false,
    sentence: 'accuracy 0.51 [0.47, 0.55] over 300 items; the interval must lie above 0.5.',
    bar: { relation: 'greater', metric: 'accuracy', value: 0.5, margin: 0.02, paired: false },
    interval: { difference: 0.01, low: -0.03, high: 0.05 },
    threshold: 0,
  } as const
  const shown = (terminal: boolean, met: boolean) =>
    reportLines('bar', { metrics: {}, verdict: { ...verdict, met } }, 80, styleFor(terminal, {})).join('\n')
  expect(shown(false, false)).toMatchInlineSnapshot(`
    "bar
      ✗ not met: Swapped colours are told apart
        accuracy 0.51 [0.47, 0.55] over 300 items; the interval must lie above 0.5."
  `)
  expect(shown(true, true)).toContain('\x1b[32m✓ met\x1b[39m')
  expect(shown(true, false)).toContain('\x1b[31m✗ not met\x1b[39m')
})
