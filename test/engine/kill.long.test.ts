import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  envWith,
  eventually,
  type Line,
  lossesOf,
  lossesOnDisk,
  noXla,
  processesWith,
  runCli,
  skipNote,
  startCli,
} from '../cli/kit.ts'
import { randomFrom } from '../graph/mutate.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const scratch = fileScratch()
const KILLS = 30
const STEPS = 600

/** Complete lines of a command that was cut off. */
const linesOf = (stdout: string): Line[] =>
  stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map(text => JSON.parse(text) as Line)

describe.skipIf(noXla)(`killed at random moments${skipNote}`, () => {
  test(`${KILLS} SIGKILLs of the command, the engine or both: one loss sequence`, {
    timeout: 900_000,
  }, async () => {
    const cache = join(scratch, 'cache')
    await makePictures(scratch)
    const graph = writeToy(scratch, { train: { steps: STEPS, checkpointEvery: 7 } })
    const whole = lossesOf((await runCli(['run', graph, '--json', '--fresh'], envWith(cache))).lines)
    expect(whole).toHaveLength(STEPS)
    const random = randomFrom(20_260_101)
    const runs = join(scratch, '.diptych', 'runs')
    for (let kill = 0, folder: string | undefined; kill < KILLS; kill++) {
      const mark = `kill-${process.pid}-${kill}`
      const before = readdirSync(runs)
      const from = folder ? ['--resume_from_checkpoint', folder] : []
      const { child, ran } = startCli(
        ['run', graph, '--json', '--fresh', ...from],
        envWith(cache, { DIPTYCH_TEST_MARK: mark }),
      )
      // From before the engine is up to well into training, checkpoints and evaluation.
      await new Promise(resolve => setTimeout(resolve, 200 + random() * 3000))
      const who = random()
      const engines = processesWith(mark).filter(pid => pid !== child.pid)
      if (who > 0.33) for (const pid of engines) kill9(pid)
      if (who < 0.67) child.kill('SIGKILL')
      const end = await ran
      for (const [step, loss] of lossesOf(linesOf(end.stdout))) expect([step, loss]).toEqual(whole[step])
      const [fresh] = readdirSync(runs).filter(name => !before.includes(name))
      folder ??= fresh && join(runs, fresh)
      // Every third run is brought to its end, and the next begins anew.
      if (folder && kill % 3 === 2) {
        const rest = await runCli(
          ['run', graph, '--json', '--fresh', '--resume_from_checkpoint', folder],
          envWith(cache),
        )
        expect(rest.code, rest.stderr).toBe(0)
        expect(lossesOnDisk(folder)).toEqual(whole)
        await eventually(() => processesWith(`kill-${process.pid}-`).length === 0, 40_000)
        folder = undefined
      }
    }
  })
})

function kill9(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself meanwhile.
  }
}
