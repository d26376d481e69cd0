import { spawn } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { checkpointOf, failureOf, folderOf, type RunHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, toyDocument, writeToy } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const params = { train: { steps: 8, checkpointEvery: 3 } }
let graph = ''
let run = ''
let losses: readonly (readonly [number, number])[] = []

const override = (node: string, param: string, value: unknown) => ({ set: [{ node, param, value }] })

/** A copy of the finished run, for a test to spoil. */
function copyOfRun(name: string): string {
  const copy = join(scratch, 'runs', name)
  cpSync(run, copy, { recursive: true })
  return copy
}

const resume = (from: string, more: Partial<RunHere> = {}, file = graph) =>
  runHere(file, { cache, resumeFrom: from, ...more })

beforeAll(async () => {
  await makePictures(scratch)
  graph = writeToy(scratch, params)
  const whole = await runHere(graph, { cache })
  run = folderOf(whole)
  losses = whole.losses
  expect(readdirSync(join(run, 'checkpoints', 'train')).sort()).toEqual(['step-3', 'step-6', 'step-8'])
})

describe('a run’s folder holds what a person expects', () => {
  test('graph, metrics, checkpoints, reports', () => {
    expect(readdirSync(run).sort()).toEqual([
      'checkpoints',
      'graph.json',
      'keys.json',
      'metrics.train.jsonl',
      'pictures',
      'reports',
      'schemas.json',
    ])
    expect(readdirSync(checkpointOf(run, 6)).sort()).toEqual([
      'optimizer.safetensors',
      'state.json',
      'weights.safetensors',
    ])
  })

  test('the graph is the one that ran, with what the command line had changed', async () => {
    const other = await runHere(graph, { cache, seed: 9, ...override('train', 'steps', 1) })
    const kept = JSON.parse(readFileSync(join(folderOf(other), 'graph.json'), 'utf8'))
    expect(kept.meta.seed).toBe(9)
    expect(kept.nodes.train.params.steps).toBe(1)
    const again = await runHere(graph, { cache, seed: 9, ...override('train', 'steps', 1), fresh: true })
    expect(again.losses).toEqual(other.losses)
  })
})

describe('resuming', () => {
  test('from one checkpoint goes on from there, with the same losses', async () => {
    const copy = copyOfRun('one')
    const ran = await resume(checkpointOf(copy, 3))
    expect(folderOf(ran)).toBe(copy)
    expect(ran.losses).toEqual(losses.slice(3))
  })

  test('from the folder of a run that is complete only evaluates', async () => {
    const ran = await resume(copyOfRun('complete'))
    expect(ran.losses).toEqual([])
    expect(ran.result).toMatchObject({ outcome: 'completed', reports: { retrieval: {}, zero_shot: {} } })
  })

  test('a stop commits a checkpoint wherever it comes', async () => {
    const stopped = await runHere(graph, {
      cache,
      fresh: true,
      stopAt: { train: 'train', step: 5 },
    })
    expect(stopped.result).toMatchObject({ outcome: 'stopped' })
    expect(existsSync(checkpointOf(folderOf(stopped), 5))).toBe(true)
    const rest = await resume(folderOf(stopped))
    expect([...stopped.losses, ...rest.losses]).toEqual(losses)
  })

  test('a cancel commits nothing more; what was committed goes on', async () => {
    const cancelled = await runHere(graph, {
      cache,
      fresh: true,
      stopAt: { train: 'train', step: 5 },
      how: 'cancel',
    })
    expect(cancelled.result).toMatchObject({ outcome: 'cancelled' })
    expect(readdirSync(join(folderOf(cancelled), 'checkpoints', 'train'))).toEqual(['step-3'])
    expect((await resume(folderOf(cancelled))).losses).toEqual(losses.slice(3))
  })

  test('a stop before training ends at once, and leaves a run to go on with', async () => {
    const stopped = await runHere(graph, {
      cache: join(scratch, 'empty-cache'),
      stopAt: 'start',
    })
    expect(stopped.result).toMatchObject({ outcome: 'stopped' })
    expect(stopped.losses).toEqual([])
    const rest = await resume(folderOf(stopped))
    expect(rest.log).toContain('has no committed checkpoint yet: training starts from step 0')
    expect(rest.losses).toEqual(losses)
  })

  test('a torn last line of the metrics is written again', async () => {
    const copy = copyOfRun('torn')
    const file = join(copy, 'metrics.train.jsonl')
    const text = readFileSync(file, 'utf8')
    rmSync(checkpointOf(copy, 8), { recursive: true })
    writeFileSync(file, text.slice(0, text.lastIndexOf('train/grad_norm')))
    await resume(copy)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test('half a checkpoint that a kill has left is passed over, and swept', async () => {
    const copy = copyOfRun('half')
    rmSync(checkpointOf(copy, 8), { recursive: true })
    const half = join(copy, 'checkpoints', 'train', '.step-8.999999999.tmp')
    cpSync(checkpointOf(copy, 6), half, { recursive: true })
    expect((await resume(copy)).losses).toEqual(losses.slice(6))
    expect(readdirSync(join(copy, 'checkpoints', 'train')).sort()).toEqual(['step-3', 'step-6', 'step-8'])
  })
})

describe('resuming is refused, with the reason,', () => {
  test.each<[string, Partial<RunHere>, string]>([
    [
      'another width',
      override('vision', 'mlpRatio', 2),
      'the model, objective, optimizer or schedule changed',
    ],
    ['another seed', { seed: 8 }, 'the seed changed'],
    ['other steps', override('train', 'steps', 9), 'the number of steps changed'],
    ['another tokenizer', override('tokenizer', 'vocabSize', 280), 'the data or the tokenizer changed'],
    ['other initial values', override('logits', 'initialScale', 5), 'the starting weights changed'],
  ])('with %s', async (_, more, why) => {
    const message = failureOf(await resume(checkpointOf(run, 3), more))
    expect(message).toContain(`step-3 can't be resumed: since it was made, `)
    expect(message).toContain(why)
    expect(message).toContain('Run with the same settings as then, or start anew')
  })

  test('with other data', async () => {
    const folder = join(scratch, 'other-data')
    cpSync(join(scratch, 'pictures'), join(folder, 'pictures'), { recursive: true })
    cpSync(join(folder, 'pictures', '1.png'), join(folder, 'pictures', '0.png'))
    const message = failureOf(await resume(checkpointOf(run, 3), {}, writeToy(folder, params)))
    expect(message).toContain('the data or the tokenizer changed')
  })

  test('with a graph that trains another node', async () => {
    const doc = toyDocument(params)
    const { train, ...nodes } = doc.nodes
    const wires = { weights: 'other.weights' }
    const retrieval = { ...nodes.retrieval!, in: { ...nodes.retrieval!.in, ...wires } }
    const zero_shot = { ...nodes.zero_shot!, in: { ...nodes.zero_shot!.in, ...wires } }
    const file = join(scratch, 'other.json')
    writeFileSync(file, JSON.stringify({ ...doc, nodes: { ...nodes, retrieval, zero_shot, other: train } }))
    for (const from of [run, checkpointOf(run, 3)])
      expect(failureOf(await resume(from, {}, file))).toContain(
        'it was trained by the node "train", and this graph trains "other"',
      )
  })

  test.each<[string, (checkpoint: string) => void, string]>([
    ['one byte', c => flip(join(c, 'weights.safetensors')), 'weights.safetensors has other content'],
    ['the optimizer', c => flip(join(c, 'optimizer.safetensors')), 'optimizer.safetensors has other content'],
    ['a missing file', c => rmSync(join(c, 'weights.safetensors')), 'weights.safetensors is missing'],
    ['half of state.json', c => writeFileSync(join(c, 'state.json'), '{"format":'), 'state.json is not JSON'],
    ['another state.json', c => writeFileSync(join(c, 'state.json'), '{}'), 'state.json: '],
  ])('from a checkpoint that is damaged: %s', async (name, damage, why) => {
    const copy = copyOfRun(`damaged ${name}`)
    damage(checkpointOf(copy, 8))
    const message = failureOf(await resume(copy))
    expect(message).toContain(`The checkpoint ${checkpointOf(copy, 8)} is damaged: ${why}`)
    expect(message).toContain('Resume from an earlier one.')
    expect((await resume(checkpointOf(copy, 6))).losses).toEqual(losses.slice(6))
    // The damaged one was made again.
    expect((await resume(copy)).result).toMatchObject({ outcome: 'completed' })
  })

  test('from what is no run', async () => {
    expect(failureOf(await resume(scratch))).toContain("is neither a run's folder nor one of its checkpoints")
    expect(failureOf(await resume(checkpointOf(run, 4)))).toContain(
      'is not a checkpoint: it has no state.json',
    )
  })
})

function flip(path: string): void {
  const bytes = readFileSync(path)
  bytes[bytes.length - 3]! ^= 1
  writeFileSync(path, bytes)
}

describe('one process writes to a run', () => {
  test('another that still does is waited for, and what a kill has left is taken over', async () => {
    const copy = copyOfRun('locked')
    rmSync(checkpointOf(copy, 8), { recursive: true })
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 700)'])
    writeFileSync(join(copy, '.lock'), String(other.pid))
    const ran = await resume(copy)
    expect(ran.log).toContain(`process ${other.pid} is still writing to ${copy}; waiting for it to end.`)
    expect(other.exitCode).toBe(0)
    expect(ran.losses).toEqual(losses.slice(6))
    expect(existsSync(join(copy, '.lock'))).toBe(false)
    writeFileSync(join(copy, '.lock'), '999999999')
    expect((await resume(copy)).log).toBe('')
  })
})
