import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseAxis, parseDraw, pointsOf, showPoint } from '../../src/cli/sweep/space.ts'
import { type PointResult, summarise, sweepTable } from '../../src/cli/sweep/table.ts'
import { fileScratch, makePictures, writeToy } from '../engine/toy.ts'
import { envWith, noXla, parseLines, runCli, skipNote } from './kit.ts'

describe('the space of a sweep', () => {
  test('values are JSON or text; commas within brackets and quotes are theirs', () => {
    expect(parseAxis('batch.size=8,32').values).toEqual([8, 32])
    expect(parseAxis('vision.pool=cls,mean').values).toEqual(['cls', 'mean'])
    expect(parseAxis('eval.names.dog=["a","b,c"],["d"]')).toEqual({
      node: 'eval',
      param: 'names.dog',
      values: [['a', 'b,c'], ['d']],
    })
  })

  test.each(['batch.size', 'batch.size=', 'batch.size=8,,9'])('--grid %s is refused', text => {
    expect(() => parseAxis(text)).toThrow(/there are no values/)
  })

  test.each([
    ['schedule.rate=1e-4', 'it is no range'],
    ['schedule.rate=a..b', 'its ends are not numbers'],
    ['schedule.rate=2..1', '2 is not below 1'],
    ['schedule.rate=0..1:log', 'a logarithm needs ends above 0'],
  ])('--random %s is refused: %s', (text, why) => {
    expect(() => parseDraw(text)).toThrow(why)
  })

  test('a grid is every combination, the last axis running fastest', () => {
    const axes = [parseAxis('a.x=1,2'), parseAxis('b.y=p,q')]
    expect(pointsOf({ axes, draws: [], trials: 1 }).map(showPoint)).toEqual([
      'a.x=1 b.y=p',
      'a.x=1 b.y=q',
      'a.x=2 b.y=p',
      'a.x=2 b.y=q',
    ])
  })

  test('zipped, the axes step together', () => {
    const axes = [parseAxis('batch.size=8,16'), parseAxis('train.steps=200,100')]
    expect(pointsOf({ axes, zip: true, draws: [], trials: 1 }).map(showPoint)).toEqual([
      'batch.size=8 train.steps=200',
      'batch.size=16 train.steps=100',
    ])
    const uneven = [parseAxis('batch.size=8,16,32'), axes[1]!]
    expect(() => pointsOf({ axes: uneven, zip: true, draws: [], trials: 1 })).toThrow(
      '--zip takes as many values of each --grid; "batch.size" has 3 and "train.steps" has 2.',
    )
  })

  test('draws stay in range, fill it, and more trials keep the first ones', () => {
    const draws = [parseDraw('a.x=1e-4..1e-2:log'), parseDraw('b.y=-1..1')]
    const values = (trials: number, k: number) =>
      pointsOf({ axes: [], draws, trials }).map(p => p[k]!.value as number)
    expect(values(400, 0).every(v => v >= 1e-4 && v <= 1e-2)).toBe(true)
    expect(values(400, 1).every(v => v >= -1 && v <= 1)).toBe(true)
    expect(values(5, 0)).toEqual(values(400, 0).slice(0, 5))
    // Half of a logarithmic draw lies below the geometric mean; four standard deviations of a share of 400.
    const below = values(400, 0).filter(v => v < 1e-3).length / 400
    expect(Math.abs(below - 0.5)).toBeLessThan(0.1)
    expect(Math.abs(values(400, 1).reduce((a, b) => a + b) / 400)).toBeLessThan(0.12)
  })
})

describe('the table', () => {
  test('mean and deviation over seeds, failures counted, counts and chance left out', () => {
    const point = parseAxis('batch.size=8').values.map(value => ({ node: 'batch', param: 'size', value }))
    const results: PointResult[] = [
      {
        point,
        scores: [
          { 'r.recall@1': 0.5, 'r.n': 4 },
          { 'r.recall@1': 0.7, 'r.n': 4 },
        ],
        failures: [],
      },
      { point: [{ ...point[0]!, value: 9 }], scores: [], failures: ['no'] },
    ]
    expect(sweepTable(results, [])).toEqual([
      '                     recall@1',
      'batch.size=8  0.6000 ± 0.1414',
      'batch.size=9                –  1 failed',
    ])
    expect(sweepTable(results, ['r.n'])[1]).toMatch(/4\.0000 ± 0\.0000$/)
    expect(summarise([3])).toEqual({ mean: 3 })
  })
})

describe.skipIf(noXla)(`diptych sweep${skipNote}`, () => {
  const scratch = fileScratch()
  const env = envWith(join(scratch, 'cache'))
  let graph = ''
  beforeAll(async () => {
    await makePictures(scratch)
    graph = writeToy(scratch)
  })

  test('runs every arm, writes a line for each, and finds them in the cache the next time', async () => {
    const args = ['sweep', graph, '--grid', 'train.steps=1,2', '--seeds', '0,1', '--json']
    const first = await runCli(args, env)
    expect(first.code).toBe(0)
    expect(first.lines.map(l => [l.set, l.seed])).toEqual([
      [{ 'train.steps': 1 }, 0],
      [{ 'train.steps': 1 }, 1],
      [{ 'train.steps': 2 }, 0],
      [{ 'train.steps': 2 }, 1],
    ])
    const log = /Sweep: (.+)/.exec(first.stderr)![1]!
    expect(parseLines(readFileSync(log, 'utf8'))).toEqual(first.lines)
    const again = await runCli(args, env)
    expect(again.lines.map(l => l.scores)).toEqual(first.lines.map(l => l.scores))
    expect(again.stderr).toMatch(/train +from the cache/)
  }, 120_000)

  test('a fault in any arm is found before the first runs', async () => {
    const ran = await runCli(['sweep', graph, '--grid', 'vision.heads=2,3'], env)
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(/with vision\.heads=3: DT052 node "vision" 3 heads don't divide the width/)
    expect(ran.stdout).toBe('')
  })

  test.each([
    [[], /there is nothing to sweep/],
    [['--grid', 'a.b=1', '--trials', '3'], /nothing is drawn/],
    [['--grid', 'a.b=1', '--random', 'a.b=1..2'], /"a.b" is swept twice/],
    [['--seeds', '1,x'], /must be a whole number/],
  ])('%j is a wrong command line', async (args, why) => {
    const ran = await runCli(['sweep', graph, ...args], env)
    expect(ran.code).toBe(2)
    expect(ran.stderr).toMatch(why)
  })
})
