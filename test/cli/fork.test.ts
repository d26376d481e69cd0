import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { fileScratch, makePictures, writeToy } from '../engine/toy.ts'
import { envWith, lossesOf, resultOf, runCli } from './kit.ts'

const scratch = fileScratch()
const env = envWith(join(scratch, 'cache'))
beforeAll(() => makePictures(scratch))

const TOY = ['--engine', 'reference', '--json']

test('run --fork begins at a step of another run, by its name, its folder or a checkpoint', async () => {
  const graph = writeToy(scratch, { train: { steps: 6, checkpointEvery: 2 } })
  const ran = await runCli(['run', graph, ...TOY], env)
  expect(ran.code, ran.stderr).toBe(0)
  const { run } = resultOf(ran)
  const fork = (from: string, ...more: string[]) =>
    runCli(['run', graph, ...TOY, '--fork', from, ...more], env)

  const same = await fork(`${basename(run)}@2`)
  expect(same.code, same.stderr).toBe(0)
  expect(lossesOf(same.lines)).toEqual(lossesOf(ran.lines).slice(2))
  const metrics = (folder: string) => readFileSync(join(folder, 'metrics.train.jsonl'), 'utf8')
  expect(resultOf(same).run).not.toBe(run)
  expect(metrics(resultOf(same).run)).toBe(metrics(run))
  expect(same.lines.find(line => line.type === 'train')).toMatchObject({
    firstStep: 2,
    fork: { run, step: 2 },
  })

  const changed = await fork(join(run, 'checkpoints', 'train', 'step-4'), '--set', 'schedule.rate=0.001')
  expect(changed.code, changed.stderr).toBe(0)
  expect(lossesOf(changed.lines)[0]).toEqual(lossesOf(ran.lines)[4])
  expect(lossesOf(changed.lines)[1]).not.toEqual(lossesOf(ran.lines)[5])

  const newest = await fork(run, '--set', 'train.steps=8')
  expect(lossesOf(newest.lines)).toHaveLength(2)
}, 240_000)

test('says what --fork can name', async () => {
  const graph = writeToy(scratch, { train: { steps: 2, checkpointEvery: 0 } }, 'short.json')
  const ran = await runCli(['run', graph, ...TOY], env)
  const { run } = resultOf(ran)
  const fork = async (...args: string[]) => (await runCli(['run', graph, ...TOY, ...args], env)).stderr
  expect(await fork('--fork', 'nothing@3')).toMatch(/--fork nothing@3: there is no run \S+nothing\./)
  expect(await fork('--fork', `${run}@1`)).toMatch(/has no checkpoint of step 1; it has: 2 of train\./)
  expect(await fork('--fork', run, '--resume_from_checkpoint', run)).toMatch(/cannot be used with/)
}, 120_000)
