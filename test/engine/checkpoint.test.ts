import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { tensor } from '../../src/ir/types.ts'
import type { HostArray } from '../../src/runtime/backend.ts'
import { arm, disk } from './faulty-disk.ts'
import { fileScratch } from './toy.ts'

vi.mock('node:fs/promises', async importOriginal => {
  const { faultyFs } = await import('./faulty-disk.ts')
  return faultyFs(await importOriginal())
})

const { listCheckpoints, readCheckpoint, writeCheckpoint } = await import('../../src/engine/checkpoint.ts')

const scratch = fileScratch()
const key = { program: 'p', data: 'd', start: 's', seed: 1, steps: 9, engine: 'e' }
const array = (...values: number[]): HostArray => ({
  type: tensor('f32', [values.length]),
  bytes: new Uint8Array(Float32Array.from(values).buffer),
})
const checkpoint = (step: number, value = step) => ({
  train: 'train',
  step,
  key,
  weights: new Map([['vision/w', array(value, 2, 3)]]),
  optimizer: new Map([['vision/w:m', array(value, 5, 6)]]),
})

afterEach(() => arm('ENOSPC', undefined))

/** A folder with the whole checkpoint of step 3, and that of step 6 as `spoil` has left it. */
async function folderWith(name: string, spoil?: (step6: string) => void): Promise<string> {
  const folder = join(scratch, name)
  await writeCheckpoint(folder, checkpoint(3))
  const path = await writeCheckpoint(folder, checkpoint(6))
  if (spoil) spoil(path)
  return folder
}

/** How many calls that change the disk one commit makes. */
async function callsOf(commit: () => Promise<unknown>): Promise<number> {
  arm('none', Number.POSITIVE_INFINITY)
  await commit()
  const { calls } = disk
  arm('none', undefined)
  return calls
}

const torn = (path: string) => rmSync(join(path, 'optimizer.safetensors'))

describe.each<[string, number, ((path: string) => void) | undefined]>([
  ['a new checkpoint', 9, undefined],
  ['one that is there and whole, of a repeated step', 6, undefined],
  ['one that is there and damaged', 6, torn],
])('%s', (name, step, spoil) => {
  test.each(['crash', 'ENOSPC', 'EIO'])('%s at every call leaves the newest whole', async fault => {
    const start = await folderWith(`${name} ${fault} start`, spoil)
    const trial = join(scratch, `${name} ${fault} trial`)
    cpSync(start, trial, { recursive: true })
    const calls = await callsOf(() => writeCheckpoint(trial, checkpoint(step)))
    if (step === 9 || spoil) expect(calls).toBeGreaterThan(10)
    for (let at = 0; at < calls; at++) {
      const folder = join(scratch, `${name} ${fault} ${at}`)
      cpSync(start, folder, { recursive: true })
      arm(fault, at)
      const end = await writeCheckpoint(folder, checkpoint(step)).catch((e: Error) => e)
      arm(fault, undefined)
      const committed = await listCheckpoints(folder)
      expect(committed.map(c => c.step)).toEqual(expect.arrayContaining(spoil ? [3] : [6, 3]))
      for (const { step: found, path } of committed) {
        const damaged = spoil && found === 6 && end instanceof Error
        if (!damaged) expect(await readCheckpoint(path)).toEqual(checkpoint(found))
      }
      if (fault === 'ENOSPC' && end instanceof Error && !end.message.startsWith('ENOSPC: injected'))
        expect(end.message).toMatch(/^The disk is full: .* Earlier checkpoints are whole/)
      // Whatever has happened, the next try commits, and sweeps.
      const path = await writeCheckpoint(folder, checkpoint(step))
      expect(await readCheckpoint(path)).toEqual(checkpoint(step))
      expect(readdirSync(folder).filter(n => n.startsWith('.'))).toEqual([])
    }
  })
})

test('a repeated step writes nothing where the same checkpoint is there', async () => {
  const folder = await folderWith('repeat')
  arm('EIO', 2)
  // Making the folder is all that it asks of the disk.
  expect(await writeCheckpoint(folder, checkpoint(6))).toBe(join(folder, 'step-6'))
})

test('another process’s half-written checkpoint is left alone while that process lives', async () => {
  const folder = await folderWith('alive')
  const other = `.step-12.${process.ppid}.tmp`
  cpSync(join(folder, 'step-3'), join(folder, other), { recursive: true })
  await writeCheckpoint(folder, checkpoint(9))
  expect(readdirSync(folder)).toContain(other)
})
