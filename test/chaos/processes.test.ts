import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { processesWith } from '../e2e/processes.ts'
import { kill9, lastingOrphans } from './processes.ts'

const elsewhere = process.platform === 'linux' ? undefined : 'processes are found in /proc'

test.skipIf(elsewhere)(
  `an orphan is found, and a child is none${elsewhere ? ` (skipped: ${elsewhere})` : ''}`,
  async () => {
    const mark = `DIPTYCH_ORPHAN=${process.pid}`
    const env = { ...process.env, DIPTYCH_ORPHAN: String(process.pid) }
    const idle = 'setTimeout(() => {}, 60_000)'
    const child = `require('child_process').spawn(process.execPath, ['-e', '${idle}'], { stdio: 'ignore', detached: true })`
    const parent = spawn(process.execPath, ['-e', `${child}; ${idle}`], { env, stdio: 'ignore' })
    try {
      while (processesWith(mark).length < 2) await wait(20)
      const roots = new Set([parent.pid!])
      expect(await lastingOrphans(mark, () => roots, 100)).toEqual([])
      kill9(parent.pid!)
      await once(parent, 'exit')
      expect(await lastingOrphans(mark, () => roots, 100)).toMatchObject([
        { command: expect.stringContaining(idle) },
      ])
    } finally {
      for (const { pid } of processesWith(mark)) kill9(pid)
    }
    expect(await lastingOrphans(mark, () => new Set(), 5000)).toEqual([])
  },
)
