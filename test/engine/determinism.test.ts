import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  envWith,
  eventually,
  type Line,
  lossesOf,
  lossesOnDisk,
  noXla,
  processesWith,
  type Ran,
  resultOf,
  runCli,
  skipNote,
  startCli,
  TRACE,
} from '../cli/kit.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const STEPS = 150
const scratch = fileScratch()
const cache = join(scratch, 'cache')
const env = envWith(cache)
/** In the environment of every process of one test: what is still there after it was left behind. */
const marked = (mark: string) => envWith(cache, { DIPTYCH_TEST_MARK: mark })

let graph = ''
let whole: readonly (readonly [number, number])[] = []

const run = (...more: string[]) => ['run', graph, '--json', '--fresh', ...more]
const runFolders = () =>
  readdirSync(join(scratch, '.diptych', 'runs')).map(n => join(scratch, '.diptych', 'runs', n))

const atStep = (step: number) => (line: Line) => line.type === 'step' && (line.step as number) >= step

/** The run that a command which was killed has begun. */
function newestRun(before: readonly string[]): string {
  const [fresh] = runFolders().filter(f => !before.includes(f))
  return fresh!
}

/** Every loss that was told, by a run and those that resumed it, agrees with the run that was never stopped. */
function expectWhole(runFolder: string, ...parts: readonly (readonly Line[])[]): void {
  expect(lossesOnDisk(runFolder)).toEqual(whole)
  for (const part of parts) {
    const told = lossesOf(part)
    expect(told).toEqual(whole.slice(told[0]![0], told[0]![0] + told.length))
  }
}

/** The JSON lines of a command that was cut off; its last line may be torn. */
const linesOf = (ran: Ran): Line[] =>
  ran.stdout
    .slice(0, ran.stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map(text => JSON.parse(text) as Line)

describe.skipIf(noXla)(`the same losses to the last bit${skipNote}`, () => {
  beforeAll(async () => {
    await makePictures(scratch)
    // An epoch is three steps, so nearly every stop falls within one.
    graph = writeToy(scratch, { train: { steps: STEPS, checkpointEvery: 10 } })
    const ran = await runCli(run(), env)
    expect(ran.stderr).not.toMatch(TRACE)
    whole = lossesOf(ran.lines)
    expect(whole.map(([step]) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i))
    expect(lossesOnDisk(resultOf(ran).run)).toEqual(whole)
    expect(new Set(whole.map(([, loss]) => loss)).size).toBeGreaterThan(STEPS / 2)
  }, 60_000)

  test('run twice', async () => {
    const again = await runCli(run(), env)
    expect(lossesOf(again.lines)).toEqual(whole)
    expect(lossesOnDisk(resultOf(again).run)).toEqual(whole)
    const other = await runCli(run('--seed', '8', '--set', 'train.steps=3'), env)
    expect(lossesOf(other.lines)).not.toEqual(whole.slice(0, 3))
  })

  test('stopped by Ctrl-C and resumed, twice, the second time within the same epoch', async () => {
    const stop = async (from: number, ...more: string[]) => {
      const { child, ran, until } = startCli(run(...more), env)
      await until(atStep(from))
      child.kill('SIGINT')
      const end = await ran
      expect(end.code).toBe(130)
      expect(resultOf(end).outcome).toBe('stopped')
      expect(end.stderr).toContain('Stopping at the next step, with a checkpoint.')
      expect(end.stderr).toMatch(/To go on:\n {2}.*diptych run .*--resume_from_checkpoint /)
      return end
    }
    const first = await stop(4)
    const folder = resultOf(first).run
    const reached = lossesOf(first.lines).length
    expect(first.lines.findLast(l => l.type === 'checkpoint')).toMatchObject({ step: reached })
    const second = await stop(reached, '--resume_from_checkpoint', folder)
    expect(resultOf(second).run).toBe(folder)
    expect(second.lines.find(l => l.type === 'train')).toMatchObject({ firstStep: reached })
    const last = await runCli(run('--resume_from_checkpoint', folder), env)
    expect(resultOf(last)).toMatchObject({ outcome: 'completed', run: folder })
    expectWhole(folder, first.lines, second.lines, last.lines)
  })

  test('the command line killed by SIGKILL: no engine stays behind, and the run resumes', async () => {
    const before = runFolders()
    const mark = `kill-cli-${process.pid}`
    const { child, ran, until } = startCli(run(), marked(mark))
    await until(atStep(15))
    child.kill('SIGKILL')
    const killed = await ran
    expect(killed.signal).toBe('SIGKILL')
    const folder = newestRun(before)
    // At once: the engine may still be committing what it had, and is waited for.
    const resumed = await runCli(run('--resume_from_checkpoint', folder), env)
    await eventually(() => processesWith(mark).length === 0)
    expect(resultOf(resumed).outcome).toBe('completed')
    expectWhole(folder, linesOf(killed), resumed.lines)
  })

  test('the engine killed by SIGKILL: the command says so and how to go on, and the run resumes', async () => {
    const before = runFolders()
    const mark = `kill-engine-${process.pid}`
    const { child, ran, until } = startCli(run(), marked(mark))
    await until(atStep(23))
    const engines = processesWith(mark).filter(pid => pid !== child.pid)
    for (const pid of engines) process.kill(pid, 'SIGKILL')
    const killed = await ran
    if (process.platform === 'linux') expect(engines.length).toBeGreaterThan(0)
    expect(killed.code).toBe(1)
    expect(killed.lines.at(-1)).toMatchObject({ type: 'error', message: expect.stringMatching(/SIGKILL/) })
    expect(killed.stderr).toMatch(/To go on from the newest checkpoint:\n {2}.*--resume_from_checkpoint /)
    expect(killed.stderr).not.toMatch(TRACE)
    const folder = newestRun(before)
    const resumed = await runCli(run('--resume_from_checkpoint', folder), env)
    expectWhole(folder, killed.lines, resumed.lines)
  })

  test('resumed from a checkpoint that is not the newest, and killed again before it got as far', async () => {
    const done = await runCli(run(), env)
    const folder = resultOf(done).run
    const early = join(folder, 'checkpoints', 'train', 'step-40')
    const mark = `again-${process.pid}`
    const { child, ran, until } = startCli(run('--resume_from_checkpoint', early), marked(mark))
    await until(atStep(45))
    for (const pid of processesWith(mark)) process.kill(pid, 'SIGKILL')
    child.kill('SIGKILL')
    const killed = linesOf(await ran)
    expect(lossesOf(killed)[0]).toEqual(whole[40])
    const resumed = await runCli(run('--resume_from_checkpoint', `${early}/`), env)
    expect(resumed.lines.find(l => l.type === 'train')).toMatchObject({ firstStep: 40 })
    expect(lossesOf(resumed.lines)).toEqual(whole.slice(40))
    expectWhole(folder, done.lines, killed, resumed.lines)
  })
})
