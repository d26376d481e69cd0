import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { envWith, lossesOf, noXla, processesWith, skipNote, startCli } from '../cli/kit.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const STEPS = 6000
const scratch = fileScratch()

/** Resident memory of a process in MiB. */
const residentMb = (pid: number): number => {
  const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kb) / 1024
}

const skipped = noXla ?? (process.platform === 'linux' ? undefined : 'memory is read from /proc')

describe.skipIf(skipped)(`a soak${noXla ? skipNote : skipped ? ` (skipped: ${skipped})` : ''}`, () => {
  test(`${STEPS} steps with a checkpoint every 50: the engine’s memory stays flat`, {
    timeout: 600_000,
  }, async () => {
    await makePictures(scratch)
    const graph = writeToy(scratch, { train: { steps: STEPS, checkpointEvery: 50 } })
    const mark = `soak-${process.pid}`
    const env = envWith(join(scratch, 'cache'), { DIPTYCH_TEST_MARK: mark })
    const { child, ran, until } = startCli(['run', graph, '--json'], env)
    const at = async (step: number) => {
      await until(line => line.type === 'step' && (line.step as number) >= step)
      const [engine] = processesWith(mark).filter(pid => pid !== child.pid)
      return residentMb(engine!)
    }
    const early = await at(1000)
    const middle = await at(STEPS / 2)
    const late = await at(STEPS - 300)
    const end = await ran
    expect(end.code, end.stderr).toBe(0)
    expect(lossesOf(end.lines)).toHaveLength(STEPS)
    expect(middle - early).toBeLessThan(80)
    expect(late - early).toBeLessThan(80)
  })
})
