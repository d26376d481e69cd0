import { describe, expect, test } from 'vitest'
import { GraphFault } from '../../src/graph/diagnostic.ts'
import type { BarSpec, HostContext, Relation, Report } from '../../src/graph/host.ts'
import type { HostNode } from '../../src/graph/kit.ts'
import { threefry } from '../../src/ir/threefry.ts'
import { independentBootstrap, pairedBootstrap } from '../../src/nodes/evaluation/bootstrap.ts'
import { itemsOf } from '../../src/nodes/evaluation/figures.ts'
import { judge, show } from '../../src/nodes/evaluation/judge.ts'
import { registry } from '../../src/nodes/index.ts'
import { contextOf, evaluate } from './evaluation-kit.ts'

/** Outcomes of n items that are right with probability p. */
const outcomes = (stream: number, n: number, p: number): number[] =>
  Array.from({ length: n }, (_, i) => (threefry(11, stream, i, 0)[0] / 2 ** 32 < p ? 1 : 0))

const rows = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i)

const reportOf = (
  figures: Readonly<Record<string, { values: readonly number[]; rows: readonly number[] }>>,
  metrics: Report['metrics'] = {},
  hash = 'data',
): Report => ({
  metrics,
  standardErrors: Object.fromEntries(Object.keys(figures).map(name => [name, 0.1])),
  ...itemsOf(
    { hash },
    Object.entries(figures).map(([name, f]) => ({ name, ...f })),
  ),
})

async function barOf(params: object, a: Report, b?: Report): Promise<Report> {
  const def = registry.get('evaluation.bar') as HostNode
  const wire = (value: Report) => ({ kind: 'report', value }) as const
  const wires = { a: wire(a), ...(b && { b: wire(b) }) }
  const { report } = await def.run({} as HostContext, def.params.parse(params), wires)
  if (report?.kind !== 'report') throw new Error('no report')
  return report.value
}

async function faultOf(made: Promise<unknown>): Promise<string> {
  const e = await made.then(
    () => undefined,
    e => e,
  )
  if (!(e instanceof GraphFault)) throw new Error(`no fault: ${e}`)
  return `${e.message} | ${e.place.hint ?? ''}`
}

const seen = outcomes(1, 200, 0.8)
const control = outcomes(2, 200, 0.5)
const arm = (values: readonly number[], hash?: string) =>
  reportOf({ accuracy: { values, rows: rows(values.length) } }, { chance: 0.5 }, hash)

describe('a relation', () => {
  const interval = (low: number, high: number): { a: number[][]; b: number[][] } => {
    // Two values, half and half, have a known mean and an interval of about ± a tenth of their distance.
    const middle = (low + high) / 2
    const spread = (high - low) / 2 / 0.098
    return { a: [rows(400).map(i => middle + (i % 2 ? spread : -spread))], b: [rows(400).map(() => 0)] }
  }
  const met = (relation: Relation, low: number, high: number, margin = 0.02) => {
    const bar: BarSpec = { relation, metric: 'accuracy', against: 'accuracy', margin, paired: true }
    return judge('', bar, interval(low, high)).verdict.met
  }
  test('greater: the interval lies above 0', () => {
    expect(met('greater', 0.01, 0.05)).toBe(true)
    expect(met('greater', -0.01, 0.05)).toBe(false)
    expect(met('greater', -0.05, -0.01)).toBe(false)
  })
  test('less: below 0', () => {
    expect(met('less', -0.05, -0.01)).toBe(true)
    expect(met('less', -0.05, 0.01)).toBe(false)
    expect(met('less', 0.01, 0.05)).toBe(false)
  })
  test('noWorse: above −margin', () => {
    expect(met('noWorse', -0.01, 0.03)).toBe(true)
    expect(met('noWorse', -0.03, 0.03)).toBe(false)
    expect(met('noWorse', -0.03, 0.03, 0.05)).toBe(true)
  })

  const alone = (relation: Relation, p: number, value: number) =>
    judge(
      '',
      { relation, metric: 'accuracy', value, margin: 0.02, paired: false },
      { a: [rows(400).map(i => (i < p * 400 ? 1 : 0))] },
    ).verdict
  test('chance: the interval holds the number', () => {
    expect(alone('chance', 0.52, 0.5).met).toBe(true)
    expect(alone('chance', 0.6, 0.5).met).toBe(false)
    expect(alone('chance', 0.4, 0.5).met).toBe(false)
  })
  test('atLeast: the mean, not the interval', () => {
    expect(alone('atLeast', 0.5, 0.5).met).toBe(true)
    expect(alone('atLeast', 0.4975, 0.5).met).toBe(false)
  })
  // Guards against (0.3 − 0.1) − 0.2 being above 0.
  test('is not met by what rounding leaves of 0', () => {
    const same = [rows(30).map(i => (i < 9 ? 0.3 : 0.1 + 0.2))]
    const judged = (relation: Relation) =>
      judge('', { relation, metric: 'x', value: 0.3, margin: 0, paired: false }, { a: same }).verdict
    for (const relation of ['greater', 'less', 'noWorse'] as const)
      expect(judged(relation).met, relation).toBe(false)
    for (const relation of ['chance', 'atLeast'] as const) expect(judged(relation).met, relation).toBe(true)
    expect(show(1.4e-17)).toBe('0')
  })
  test('says its numbers and what they must be', () => {
    expect(alone('chance', 0.52, 0.5).sentence).toMatchInlineSnapshot(
      `"accuracy 0.52 [0.472, 0.568] over 400 items; the interval must hold 0.5."`,
    )
    expect(alone('atLeast', 0.52, 0.5).sentence).toMatchInlineSnapshot(
      `"accuracy 0.52 [0.472, 0.568] over 400 items; the mean must be at least 0.5."`,
    )
    expect(alone('greater', 0.52, 0.5).sentence).toMatchInlineSnapshot(
      `"accuracy 0.52 [0.472, 0.568] over 400 items; the interval must lie above 0.5."`,
    )
    expect(alone('noWorse', 0.52, 0.5).sentence).toMatchInlineSnapshot(
      `"accuracy 0.52 [0.472, 0.568] over 400 items; the interval must lie above 0.48."`,
    )
    expect(show(-0.25)).toBe('−0.25')
    expect(show(0.00012)).toBe('1.2e-4')
  })
})

describe('a bar over two reports', () => {
  test('with the same items compares in pairs', async () => {
    const report = await barOf({ claim: 'It sees' }, arm(seen), arm(control))
    const { mean, low, high } = pairedBootstrap([seen], [control])
    expect(report.metrics).toMatchObject({ difference: mean, low, high, n: 200, met: 1, chance: 0.5 })
    expect(report.items).toEqual({ a: seen, b: control })
    expect(report.verdict).toMatchObject({ claim: 'It sees', met: true, bar: { paired: true } })
    expect(report.verdict!.sentence).toMatchInlineSnapshot(
      `"accuracy 0.72 against 0.44: difference 0.28 [0.19, 0.37] over 200 items in pairs; the interval must lie above 0."`,
    )
  })

  test('over other data draws them apart, unless it is told that they are pairs', async () => {
    const apart = await barOf({}, arm(seen), arm(control, 'other data'))
    const { low, high } = independentBootstrap([seen], [control])
    expect(apart.metrics).toMatchObject({ low, high })
    expect(apart.verdict!.bar.paired).toBe(false)
    expect(apart.verdict!.sentence).toContain('200 items drawn apart')
    const paired = await barOf({ items: 'paired' }, arm(seen), arm(control, 'other data'))
    expect(paired.verdict!.bar.paired).toBe(true)
  })

  test('of different length can’t be told to be pairs', async () => {
    expect(await faultOf(barOf({ items: 'paired' }, arm(seen), arm(seen.slice(1))))).toMatchInlineSnapshot(
      `"the figures have 200 and 199 items: a comparison in pairs needs the same ones | Measure both on the same rows, or let items be "auto" or "apart"."`,
    )
    expect((await barOf({}, arm(seen), arm(control.slice(1)))).metrics.met).toBe(1)
  })

  test('says which figures there are', async () => {
    const other = reportOf({ top1: { values: [1], rows: [0] } }, { median_rank: 3 })
    expect(await faultOf(barOf({ metric: 'acuracy' }, arm(seen), other))).toMatchInlineSnapshot(
      `"the report at "a" has no figure "acuracy" | Did you mean "accuracy"?"`,
    )
    expect(await faultOf(barOf({}, arm(seen), other))).toMatchInlineSnapshot(
      `"the report at "b" has no figure "accuracy" | There is: top1."`,
    )
    expect(await faultOf(barOf({ against: 'median_rank' }, arm(seen), other))).toMatchInlineSnapshot(
      `"the report at "b" has no items for "median_rank", so the figure has no interval | Figures with items: top1."`,
    )
  })

  test('is never met by an outcome that is no number', async () => {
    for (const broken of [Number.NaN, null as unknown as number]) {
      const report = await barOf(
        { relation: 'noWorse', margin: 1 },
        arm([...seen.slice(1), broken]),
        arm(seen),
      )
      expect(report.metrics).toMatchObject({ met: 0, n: 200 })
      expect(report.metrics).not.toHaveProperty('difference')
      expect(report.verdict).toMatchObject({
        met: false,
        sentence: '1 outcome is not a number, so nothing can be claimed.',
      })
      // What is kept as JSON reads back as it was.
      expect(JSON.parse(JSON.stringify(report.metrics))).toEqual(report.metrics)
    }
  })
})

describe('a bar over one report', () => {
  const kinds = reportOf(
    {
      'accuracy/replace': { values: outcomes(3, 120, 0.9), rows: rows(120) },
      'accuracy/swap': { values: outcomes(4, 120, 0.5), rows: rows(120, 120) },
      'blind_accuracy/swap': { values: outcomes(5, 120, 0.5), rows: rows(120, 120) },
    },
    { 'chance_accuracy/replace': 0.25, chance: 0.5 },
  )

  // Guards the pairing of items that only happen to be as many.
  test('draws two kinds apart, and pairs two figures of one kind', async () => {
    const apart = await barOf({ metric: 'accuracy/replace', against: 'accuracy/swap' }, kinds)
    expect(apart.verdict!.bar).toMatchObject({ paired: false, against: 'accuracy/swap' })
    expect(apart.metrics.met).toBe(1)
    expect(apart.verdict!.sentence).toMatchInlineSnapshot(
      `"accuracy/replace 0.925 against accuracy/swap 0.467: difference 0.458 [0.358, 0.558] over 120 items drawn apart; the interval must lie above 0."`,
    )
    const paired = await barOf({ metric: 'accuracy/swap', against: 'blind_accuracy/swap' }, kinds)
    expect(paired.verdict!.bar.paired).toBe(true)
  })

  test('compares with the chance level of the figure, or a given number', async () => {
    expect((await barOf({ metric: 'accuracy/replace' }, kinds)).metrics.value).toBe(0.25)
    expect((await barOf({ metric: 'accuracy/swap', relation: 'chance' }, kinds)).metrics).toMatchObject({
      value: 0.5,
      met: 1,
    })
    expect((await barOf({ metric: 'accuracy/swap', value: 0.9, relation: 'less' }, kinds)).metrics.met).toBe(
      1,
    )
    const bare = reportOf({ alignment: { values: [1, 2], rows: [0, 1] } })
    expect(await faultOf(barOf({ metric: 'alignment' }, bare))).toMatchInlineSnapshot(
      `"no chance level is known of "alignment" | Say what it is compared with: a value, a second figure, or a second report."`,
    )
  })
})

test('two figures with items of their own: the interval is that of two samples', () => {
  const [a, b] = [outcomes(7, 600, 0.7), outcomes(8, 400, 0.6)]
  const { mean, low, high, n } = independentBootstrap([a], [b])
  const m = (x: readonly number[]) => x.reduce((s, v) => s + v) / x.length
  const variance = (x: readonly number[]) => (m(x) * (1 - m(x))) / x.length
  const error = Math.sqrt(variance(a) + variance(b))
  expect(mean).toBeCloseTo(m(a) - m(b), 12)
  expect(Math.abs(low - (mean - 1.96 * error))).toBeLessThan(0.15 * error)
  expect(Math.abs(high - (mean + 1.96 * error))).toBeLessThan(0.15 * error)
  expect(n).toBe(400)
})

test('seeds with items of their own are drawn apart', () => {
  const a = [outcomes(1, 300, 0.7), outcomes(2, 200, 0.7)]
  const b = [outcomes(3, 300, 0.5), outcomes(4, 200, 0.5)]
  expect(() => pairedBootstrap(a, b)).toThrow('each seed needs the same items')
  const { mean, low, high, bySeed } = pairedBootstrap(a, b, { apart: true })
  expect(mean).toBeCloseTo((bySeed[0]! + bySeed[1]!) / 2, 12)
  expect(low).toBeLessThan(mean)
  expect(high).toBeGreaterThan(mean)
})

test('every figure with a standard error that evaluators report has items with its mean', async () => {
  const report = await evaluate(
    'evaluation.geometry',
    {},
    contextOf({
      pictures: {
        image: [
          [1, 0],
          [0, 1],
          [1, 1],
        ],
      },
      wires: {
        dataset: {
          first: [
            [1, 0],
            [0.9, 0.2],
            [0.5, 0.6],
          ],
          second: [
            [0, 1],
            [0.3, 1],
            [0.6, 0.9],
          ],
        },
      },
    }),
  )
  for (const name of Object.keys(report.standardErrors!)) {
    const items = report.items![name]!
    expect(items.reduce((s, x) => s + x) / items.length, name).toBeCloseTo(report.metrics[name]!, 6)
  }
})
