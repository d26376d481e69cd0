import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { writeCheckpoint } from '../../src/engine/checkpoint.ts'
import { hostArray } from '../../src/runtime/host-array.ts'
import { Disk } from './disk.ts'
import { writeToyGraph } from './graph.ts'

const KEY = { program: 'p', data: 'd', start: 's', seed: 1, steps: 9, engine: 'e' }
let folder: string
let run: string
let disk: Disk

const commit = (step: number, weight: number, to = run) =>
  writeCheckpoint(join(to, 'checkpoints', 'train'), {
    ...{ train: 'train', step, key: KEY, optimizer: new Map() },
    weights: new Map([['w', hostArray({ dtype: 'f32', shape: [1] }, [weight])]]),
  })
const step = (at: number, loss = 1 / (at + 1)) =>
  `${JSON.stringify({ type: 'step', node: 'train', step: at, 'train/loss': loss })}\n`

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'diptych-disk-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  run = join(folder, '.diptych', 'runs', 'a')
  mkdirSync(run, { recursive: true })
  const graph = await writeToyGraph(folder, {})
  writeFileSync(join(run, 'graph.json'), readFileSync(graph))
  await commit(4, 0.5)
  writeFileSync(join(run, 'metrics.train.jsonl'), step(0) + step(1))
  const train = JSON.stringify({ type: 'train', node: 'train', firstStep: 0 })
  writeFileSync(join(run, 'events.jsonl'), `${train}\n${step(0)}${step(1)}`)
  disk = new Disk(folder, join(folder, 'config'))
  await disk.check()
  expect(disk.seen).toEqual({ checkpoints: 1, runs: 1, steps: 2 })
})

test('a last line that was cut off is no damage; one before it is', async () => {
  appendFileSync(join(run, 'metrics.train.jsonl'), '{"type":"st')
  await disk.check()
  appendFileSync(join(run, 'metrics.train.jsonl'), `\n${step(2)}`)
  await expect(disk.check()).rejects.toThrow('damaged in line 3')
})

test('a checkpoint that is damaged, gone, another, or not what another run had', async () => {
  const weights = join(run, 'checkpoints', 'train', 'step-4', 'weights.safetensors')
  const whole = readFileSync(weights)
  writeFileSync(weights, whole.subarray(0, whole.length - 1))
  await expect(disk.check(true)).rejects.toThrow('is damaged')
  writeFileSync(weights, whole)
  await disk.check(true)

  const other = join(folder, '.diptych', 'runs', 'b')
  await commit(4, 0.25, other)
  await expect(disk.check()).rejects.toThrow('not what another run had at step 4')
  rmSync(other, { recursive: true })
  rmSync(join(run, 'checkpoints'), { recursive: true })
  await expect(disk.check()).rejects.toThrow('is gone')
  await commit(4, 0.75)
  await expect(disk.check()).rejects.toThrow('has become another')
})

test('a gap, a step that comes twice, another loss', async () => {
  const metrics = join(run, 'metrics.train.jsonl')
  for (const [lines, why] of [
    [step(0) + step(2), 'step 2 stands in line 2'],
    [step(0) + step(1) + step(1), 'step 1 stands in line 3'],
    [step(0) + step(1, 0.7), 'the loss of step 1 is 0.7'],
  ] as const) {
    writeFileSync(metrics, lines)
    await expect(disk.check()).rejects.toThrow(why)
  }
  writeFileSync(metrics, step(0) + step(1))
  appendFileSync(join(run, 'events.jsonl'), step(3))
  await expect(disk.check()).rejects.toThrow('step 3 comes where 2 should')
})

test('files that are written whole', async () => {
  writeFileSync(join(run, 'run.json'), '{"format":')
  await expect(disk.check()).rejects.toThrow('run.json is damaged')
  rmSync(join(run, 'run.json'))
  writeFileSync(join(run, 'graph.json'), '{"format":')
  await expect(disk.check()).rejects.toThrow('graph.json is damaged')
})
