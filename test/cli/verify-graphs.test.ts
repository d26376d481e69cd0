import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { armSeconds, chosen, claimGraphs } from '../../src/cli/claims/graphs.ts'
import { poolBar } from '../../src/cli/claims/pool.ts'
import type { Report, Verdict } from '../../src/graph/host.ts'
import { fileScratch, makePictures, toyDocument } from '../engine/toy.ts'
import { envWith, noXla, resultOf, runCli, skipNote, startCli } from './kit.ts'

const R10 = 'image_to_text_recall@10'

/** The toy with bars on its retrieval. */
function withBars(bars: Readonly<Record<string, object>>, params = {}) {
  const doc = toyDocument(params)
  for (const [id, given] of Object.entries(bars))
    doc.nodes[id] = {
      type: 'evaluation.bar',
      v: 1,
      params: { metric: R10, ...given },
      in: { a: 'retrieval.report' },
    }
  return doc
}

const README = 'Before.\n\n<!-- bars -->\n<!-- /bars -->\n\nAfter.\n'

describe('finding graphs', () => {
  const scratch = fileScratch()
  const write = (name: string, doc: object) => writeFileSync(join(scratch, name), JSON.stringify(doc))

  test('only those that hold bars, by file name; a note changes nothing that runs', async () => {
    write('plain.json', toyDocument())
    write('one.json', withBars({ bar: {} }))
    write('other.json', { format: 'no graph' })
    const found = await claimGraphs(scratch)
    expect(found.map(g => g.name)).toEqual(['one'])
    expect(chosen(found, ['one.json'])).toEqual(found)
    expect(() => chosen(found, ['on'])).toThrow('no graph with bars is called "on". Did you mean "one"?')
    const doc = withBars({ bar: {} })
    doc.nodes.about = { type: 'note', v: 1, params: { text: 'words' } }
    write('one.json', doc)
    expect((await claimGraphs(scratch))[0]!.hash).toBe(found[0]!.hash)
    write('one.json', withBars({ bar: { margin: 0.1 } }))
    expect((await claimGraphs(scratch))[0]!.hash).not.toBe(found[0]!.hash)
  })

  test('an arm is a Train with those that its weights come from', async () => {
    const doc = withBars({ bar: {} })
    doc.nodes.tune = { ...doc.nodes.train!, in: { ...doc.nodes.train!.in, weights: 'train.weights' } }
    doc.nodes.control = doc.nodes.train!
    write('one.json', doc)
    const { document } = (await claimGraphs(scratch))[0]!
    const took = new Map([
      ['train', 40],
      ['tune', 20],
      ['control', undefined],
    ])
    expect(armSeconds(document, took)).toEqual({ tune: 60, control: undefined })
  })
})

describe('a bar over several seeds', () => {
  type BarReport = Report & { readonly verdict: Verdict }
  const report = (a: readonly number[], b: readonly number[] | undefined, set = 'all', value = 0.5) =>
    ({
      metrics: { chance: value },
      items: { a, ...(b && { b }) },
      itemSets: { a: set, ...(b && { b: set }) },
      verdict: {
        claim: 'It is better',
        met: false,
        sentence: '',
        threshold: 0,
        bar: {
          relation: 'greater',
          metric: 'accuracy',
          margin: 0.02,
          paired: b !== undefined,
          ...(b ? { against: 'accuracy' } : { value }),
        },
      },
    }) satisfies BarReport
  const node = { type: 'evaluation.bar', v: 1, params: {}, in: { a: 'new.report', b: 'plain.report' } }

  test('is judged on the mean over seeds', () => {
    const pooled = poolBar(node, [report([1, 1, 1, 0], [0, 1, 0, 0]), report([1, 1, 1, 1], [1, 0, 0, 0])])
    expect(pooled).toMatchObject({
      met: true,
      a: 0.875,
      b: 0.25,
      bySeed: [0.5, 0.75],
      n: 4,
      control: 'plain',
    })
    expect(pooled.difference).toBeCloseTo(0.625, 12)
  })

  test('takes seeds with items of their own, and chance levels of their own', () => {
    const pooled = poolBar(undefined, [
      report([1, 1, 1, 1, 1, 0], undefined, 'first', 0.5),
      report([1, 1, 1, 1], undefined, 'second', 0.25),
    ])
    expect(pooled.b).toBeCloseTo(0.375, 12)
    expect(pooled).toMatchObject({ met: true, n: 4, control: 'chance, 0.375' })
  })
})

describe.skipIf(noXla)(`diptych verify-graphs${skipNote}`, () => {
  const scratch = fileScratch()
  const env = envWith(join(scratch, 'cache'))
  const write = (name: string, doc: object) => writeFileSync(join(scratch, name), JSON.stringify(doc))
  const readme = () => readFileSync(join(scratch, 'README.md'), 'utf8')
  const verify = (...args: string[]) =>
    runCli(['verify-graphs', '--graphs', scratch, '--seeds', '0,1', ...args], env)
  const short = { train: { steps: 2 } }

  beforeAll(() => makePictures(scratch))
  beforeEach(() => {
    write('good.json', withBars({ above: { relation: 'atLeast', value: 0, claim: 'It finds some' } }, short))
    write(
      'bad.json',
      withBars({ above: { relation: 'atLeast', value: 1.5, claim: 'It finds more than all' } }, short),
    )
    writeFileSync(join(scratch, 'README.md'), README)
    writeFileSync(join(scratch, 'bars.jsonl'), '')
  })

  test('says green and red, writes the table, and exits with 1 on red', async () => {
    const ran = await verify()
    expect(ran.stderr).not.toMatch(/error/)
    expect(ran.code).toBe(1)
    const lines = ran.stdout.split('\n')
    expect(lines[0]).toMatch(
      /^red {2}bad above: It finds more than all\. image_to_text_recall@10 0\.\d+ \[.*\] over 24 items; the mean must be at least 1\.5\. \(seeds 0: −[\d.]+, 1: −[\d.]+; chance 0\.417; arms train [\d.]+ s\)$/,
    )
    expect(lines[1]).toMatch(/^green {2}good above: It finds some\./)
    expect(lines[2]).toBe('1 green, 1 red.')
    const text = readme()
    expect(text.startsWith('Before.\n\n<!-- bars -->\n\n| system |')).toBe(true)
    expect(text.endsWith('|\n\n<!-- /bars -->\n\nAfter.\n')).toBe(true)
    expect(text).toMatch(
      /\| \[A toy\]\(bad\.json\) \| It finds more than all \| .* \| 24 \| 0, 1 \| \*\*red\*\* \|/,
    )
    expect(text).toContain('`npm run verify:graphs -- good`')
  }, 120_000)

  test('with a name it runs that graph only and leaves the other rows, from the cache', async () => {
    await verify()
    const before = readme().split('\n')
    write(
      'bad.json',
      withBars({ above: { relation: 'atLeast', value: 0.1, claim: 'It finds a tenth' } }, short),
    )
    const ran = await verify('bad')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/^green {2}bad above/)
    expect(ran.stderr).toMatch(/train +from the cache/)
    expect(ran.stdout).toMatch(/arms train [\d.]+ s\)/)
    const changed = readme()
      .split('\n')
      .filter((line, i) => line !== before[i])
    expect(changed).toHaveLength(1)
    expect(changed[0]).toMatch(/It finds a tenth .* green/)
  }, 120_000)

  test('a row that was measured before its graph changed says so', async () => {
    await verify('good')
    write(
      'good.json',
      withBars({ above: { relation: 'atLeast', value: 0.01, claim: 'It finds some' } }, short),
    )
    await verify('bad')
    expect(readme()).toMatch(/\[A toy\]\(good\.json\) .* green, of an earlier graph \|/)
  }, 120_000)

  test('a graph that fails is told, kept in the table, and does not stop the others', async () => {
    write('bad.json', withBars({ above: { metric: 'image_to_text_recall@2' } }, short))
    const ran = await verify()
    expect(ran.code).toBe(1)
    expect(ran.stdout).toMatch(/^failed {2}bad: seed 0: node "above": .*no figure "image_to_text_recall@2"/m)
    expect(ran.stdout).toMatch(/^green {2}good above/m)
    expect(ran.stdout).toContain('1 green, 0 red, 1 failed.')
    expect(readme()).toMatch(/\[A toy\]\(bad\.json\) .* failed \|/)
  }, 120_000)

  // Guards against losing hours: what one seed trained must be there after the command was killed in the next.
  test('killed and started again, it goes on where it was', async () => {
    const cache = join(scratch, 'killed')
    const args = ['verify-graphs', 'good', '--graphs', scratch, '--seeds', '4,5', '--json']
    write('good.json', withBars({ above: { relation: 'atLeast', value: 0 } }, { train: { steps: 40 } }))
    const { child, ran } = startCli(args, envWith(cache))
    await new Promise<void>(resolve => {
      let seen = ''
      child.stderr!.on('data', (text: string) => {
        seen += text
        if (/seed 5[\s\S]*train +(running|step|\d)/.test(seen)) resolve()
      })
      void ran.then(() => resolve())
    })
    child.kill('SIGKILL')
    expect((await ran).signal).toBe('SIGKILL')
    const again = await runCli(args, envWith(cache))
    expect(again.code).toBe(0)
    expect(again.stderr).toMatch(/seed 4\n[\s\S]*?train +from the cache[\s\S]*seed 5/)
    expect(again.lines[0]).toMatchObject({ type: 'verified', name: 'good', seeds: [4, 5] })
  }, 180_000)

  test('a wrong name, a folder without bars, and a README without markers', async () => {
    const wrong = await verify('godo')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('no graph with bars is called "godo". Did you mean "good"?')
    writeFileSync(join(scratch, 'README.md'), 'No markers.')
    const bare = await verify('good')
    expect(bare.code).toBe(1)
    expect(bare.stderr).toContain('has no lines <!-- bars --> and <!-- /bars -->')
    const left = await verify('good', '--no-table')
    expect(left.code).toBe(0)
    expect(readme()).toBe('No markers.')
  }, 120_000)

  describe('diptych compare', () => {
    const runs: string[] = []
    beforeAll(async () => {
      for (const [steps, seed] of [
        [2, 0],
        [2, 1],
        [12, 0],
        [12, 1],
      ]) {
        const graph = join(scratch, 'arm.json')
        writeFileSync(graph, JSON.stringify(toyDocument({ train: { steps } })))
        runs.push(resultOf(await runCli(['run', graph, '--seed', String(seed), '--json'], env)).run)
      }
    }, 120_000)
    const compare = (...args: string[]) => runCli(['compare', ...args], env)

    test('two runs, in pairs', async () => {
      const ran = await compare(runs[0]!, runs[0]!, '--metric', `retrieval.${R10}`, '--relation', 'noWorse')
      expect(ran.stdout).toMatch(
        /^✓ holds\n {2}retrieval\.image_to_text_recall@10 .* in pairs; .* above −0\.02\.$/m,
      )
      expect(ran.code).toBe(0)
      const other = await compare(runs[0]!, join(runs[0]!, 'graph.json'), '--metric', `retrieval.${R10}`)
      expect(other.stdout).toMatch(/^✗ does not hold/)
      expect(other.code).toBe(1)
    }, 60_000)

    test('several seeds a side, a number, and JSON', async () => {
      const pooled = await compare(
        ...[runs[2]!, runs[3]!, '--with', runs[0]!, runs[1]!],
        ...['--metric', 'retrieval.image_to_text_recall@5', '--json'],
      )
      expect(pooled.lines[0]).toMatchObject({ type: 'compared', n: 24, bar: { paired: true } })
      expect(pooled.lines[0]!.bySeed).toHaveLength(2)
      const number = await compare(
        runs[2]!,
        runs[3]!,
        '--metric',
        'zero_shot.top1',
        '--relation',
        'atLeast',
        '--value',
        '0',
      )
      expect(number.code).toBe(0)
      const seeds = await compare(runs[0]!, runs[1]!, '--metric', `retrieval.${R10}`)
      expect(seeds.stdout).toContain('have the seeds 0 and 1: a difference may be theirs')
    }, 60_000)

    test('says what is wrong', async () => {
      const says = async (args: string[], why: RegExp, code: number) => {
        const ran = await compare(...args)
        expect(ran.stderr).toMatch(why)
        expect(ran.code).toBe(code)
      }
      await says([runs[0]!, scratch, '--metric', `retrieval.${R10}`], /is no run: a run's folder holds/, 1)
      await says([runs[0]!, '/no/such', '--metric', 'a.b'], /there is no such run/, 1)
      await says([runs[0]!, runs[1]!, '--metric', 'retrieval'], /is no figure: write node\.figure/, 2)
      await says(
        [runs[0]!, runs[1]!, '--metric', 'retreival.x'],
        /no report of "retreival"\. Did you mean/,
        1,
      )
      await says([runs[0]!, runs[1]!, '--metric', 'retrieval.recall'], /has no figure "recall"/, 1)
      await says(
        [runs[0]!, runs[1]!, '--metric', 'retrieval.image_to_text_median_rank'],
        /has no items for "image_to_text_median_rank"/,
        1,
      )
      await says([...runs.slice(0, 3), '--metric', 'a.b'], /there are 3 runs and no --with/, 2)
      await says([runs[0]!, '--with', runs[1]!, runs[2]!, '--metric', 'a.b'], /sides have 1 and 2 runs/, 2)
    }, 60_000)
  })
})
