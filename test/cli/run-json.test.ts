import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { fileScratch, makePictures, writeToy } from '../engine/toy.ts'
import { envWith, lossesOf, lossesOnDisk, noXla, type Ran, resultOf, runCli, skipNote, TRACE } from './kit.ts'

const scratch = fileScratch()
const env = envWith(join(scratch, 'cache'))
let graph = ''
let first: Ran

describe.skipIf(noXla)(`diptych run --json${skipNote}`, () => {
  beforeAll(async () => {
    await makePictures(scratch)
    graph = writeToy(scratch)
    first = await runCli(['run', graph, '--json'], env)
    expect(first.stderr).not.toMatch(TRACE)
    expect(first.code).toBe(0)
  }, 60_000)

  test('is one JSON object a line, each of a known type', () => {
    expect(first.stdout.endsWith('\n')).toBe(true)
    const types = new Set(first.lines.map(line => line.type))
    const known = ['run', 'node', 'progress', 'train', 'step', 'checkpoint', 'report', 'log', 'result']
    for (const type of types) expect(known).toContain(type)
    expect([...types]).toEqual(
      expect.arrayContaining(['run', 'node', 'train', 'step', 'checkpoint', 'report', 'result']),
    )
  })

  test('step events: {"type":"step","node":…,"step":…,"train/loss":…}, in order', () => {
    const steps = first.lines.filter(l => l.type === 'step')
    expect(steps.map(l => l.step)).toEqual(Array.from({ length: 12 }, (_, i) => i))
    for (const line of steps) {
      expect(Object.keys(line).sort()).toEqual(
        ['node', 'step', 'train/grad_norm', 'train/learning_rate', 'train/loss', 'type'].sort(),
      )
      expect(line.node).toBe('train')
    }
  })

  test('losses parse back to the same bits, and to those on the disk', () => {
    const text = first.stdout.split('\n').filter(line => line.includes('"step"'))
    for (const line of text)
      for (const [, printed] of line.matchAll(/"train\/\w+":([^,}]+)/g)) {
        const value = Number(printed)
        // Device numbers are float32: the shortest text of the double is exactly that number.
        expect(Math.fround(value)).toBe(value)
        expect(String(value)).toBe(printed)
      }
    expect(lossesOf(first.lines)).toEqual(lossesOnDisk(resultOf(first).run))
  })

  test('the last object is the result: reports by evaluator, the run’s folder', () => {
    const result = resultOf(first)
    expect(result).toMatchObject({ type: 'result', outcome: 'completed' })
    expect(Object.keys(result.reports).sort()).toEqual(['retrieval', 'zero_shot'])
    expect(existsSync(join(result.run, 'graph.json'))).toBe(true)
    const { metrics } = result.reports.retrieval!
    for (const direction of ['image_to_text', 'text_to_image']) {
      for (const k of [1, 5, 10]) expect(metrics[`${direction}_recall@${k}`]).toBeGreaterThanOrEqual(0)
      expect(metrics[`${direction}_median_rank`]).toBeGreaterThanOrEqual(1)
    }
    for (const k of [1, 5, 10]) expect(metrics[`chance_recall@${k}`]).toBeCloseTo(k / 24, 12)
    const zero = result.reports.zero_shot!.metrics
    expect(zero.chance).toBeCloseTo(1 / 3, 12)
    for (const name of ['top1', 'balanced_accuracy']) expect(zero[name]).toBeGreaterThanOrEqual(0)
    const onDisk = JSON.parse(readFileSync(join(result.run, 'reports', 'retrieval.json'), 'utf8'))
    expect(onDisk.metrics).toEqual(metrics)
  })

  test('what the command line changes is what runs: --set, --seed, --out', async () => {
    const out = join(scratch, 'elsewhere')
    const changed = await runCli(
      [
        'run',
        '--set',
        'train.steps=3',
        '--seed',
        '9',
        graph,
        '--out',
        out,
        '--json',
        '--set=retrieval.gallery=0',
      ],
      env,
    )
    const { run } = resultOf(changed)
    expect(run.startsWith(join(out, 'runs'))).toBe(true)
    expect(lossesOf(changed.lines)).toHaveLength(3)
    expect(lossesOf(changed.lines)).not.toEqual(lossesOf(first.lines).slice(0, 3))
    expect(JSON.parse(readFileSync(join(run, 'graph.json'), 'utf8'))).toMatchObject({
      meta: { seed: 9 },
      nodes: { train: { params: { steps: 3 } }, retrieval: { params: { gallery: 0 } } },
    })
  })

  test('a person reads the same on standard output: progress, scores, the folder', async () => {
    const plain = await runCli(['run', graph, '--fresh'], env)
    expect(plain.code).toBe(0)
    expect(plain.stderr).toBe('')
    const { metrics } = resultOf(first).reports.retrieval!
    expect(plain.stdout).toMatch(/train: step \d+\/12, loss \d/)
    const shown = /image_to_text_recall@10 +(\S+)/.exec(plain.stdout)?.[1]
    expect(Number(shown)).toBeCloseTo(metrics['image_to_text_recall@10']!, 3)
    expect(plain.stdout).toMatch(/Confusion \(rows: true, columns: predicted\)/)
    expect(plain.stdout).toMatch(/\nRun: .*runs.*\nDone in /)
  })

  test('failures are one line of JSON, words on standard error, and exit code 1', async () => {
    const folder = join(scratch, 'broken')
    cpSync(join(scratch, 'pictures'), join(folder, 'pictures'), { recursive: true })
    const ask = async (params: Parameters<typeof writeToy>[1], ...more: string[]) => {
      const ran = await runCli(['run', writeToy(folder, params), '--json', ...more], env)
      expect(ran.code).toBe(1)
      expect(ran.stderr).not.toMatch(TRACE)
      const last = ran.lines.at(-1)!
      expect(last.type).toBe('error')
      return { last, stderr: ran.stderr }
    }
    const bad = await ask({ vision: { depth: 0 } })
    expect(bad.last).toMatchObject({
      message: 'the graph has an error',
      diagnostics: [{ code: 'DT012', node: 'vision' }],
    })
    expect(bad.stderr).toMatch(/toy\.json:\d+: error DT012 node "vision" params\.depth: /)
    const large = await ask({ batch: { size: 100 } })
    expect(large.stderr).toMatch(
      /DT052 node "batch" params\.size: a batch of 100 from a dataset of 24 rows\./,
    )
    const nowhere = await ask({}, '--resume_from_checkpoint', join(scratch, 'pictures'))
    expect(nowhere.last.message).toContain("is neither a run's folder nor one of its checkpoints")
    const missing = await runCli(['run', join(folder, 'none.json'), '--json'], env)
    expect(missing).toMatchObject({ code: 1 })
    expect(missing.lines.at(-1)).toMatchObject({
      type: 'error',
      message: expect.stringContaining('no such file'),
    })
  })

  test('a reader that goes away ends the run with a checkpoint, and without a word', async () => {
    const { execFile } = await import('node:child_process')
    const { bin } = await import('./kit.ts')
    const command = `"${process.execPath}" "${bin}" run "${graph}" --fresh --json --set train.steps=4000 | head -n 12`
    const stderr = await new Promise<string>(resolve =>
      execFile('/bin/sh', ['-c', command], { env }, (_e, _out, err) => resolve(err)),
    )
    expect(stderr).not.toMatch(/error|EPIPE/)
  })
})
