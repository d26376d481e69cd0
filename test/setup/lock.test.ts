import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { eventually, loadScript, makeTree, runNode, scriptUrl, startNode } from './kit.ts'

interface LockModule {
  withLock<T>(
    path: string,
    options: { what: string; log?: (line: string) => void },
    work: (lock: { child(pid: number): void }) => Promise<T>,
  ): Promise<T>
}
const { withLock } = await loadScript<LockModule>('setup/lock.mjs')

const quiet = { what: 'testing', log: () => {} }
/** A process number that nobody has: of a process that has just ended. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid

/** A program that takes the lock, runs `body`, and gives it back. */
const holder = (path: string, body: string) => `
  import { appendFileSync } from 'node:fs'
  import { spawn } from 'node:child_process'
  import { setTimeout as sleep } from 'node:timers/promises'
  import { withLock } from ${JSON.stringify(scriptUrl('setup/lock.mjs'))}
  await withLock(${JSON.stringify(path)}, { what: 'testing' }, async lock => { ${body} })`

const runHolder = (path: string, body: string) => ['--input-type=module', '-e', holder(path, body)]

describe('withLock', () => {
  test('gives the result and leaves nothing behind, also after a failure', async () => {
    const path = join(makeTree(), 'made', 'x.lock')
    expect(await withLock(path, quiet, async () => 7)).toBe(7)
    expect(existsSync(path)).toBe(false)
    const failing = withLock(path, quiet, async () => {
      throw new Error('as expected')
    })
    await expect(failing).rejects.toThrow('as expected')
    expect(existsSync(path)).toBe(false)
  })

  test('lets one process in at a time, also when all find the same stale lock', async () => {
    const folder = makeTree()
    const path = join(folder, 'x.lock')
    const log = join(folder, 'log')
    writeFileSync(path, JSON.stringify({ id: 'old', host: hostname(), owner: { pid: deadPid() } }))
    const body = `
      appendFileSync(${JSON.stringify(log)}, 'in ')
      await sleep(30)
      appendFileSync(${JSON.stringify(log)}, 'out ')`
    const all = await Promise.all(Array.from({ length: 6 }, () => runNode(runHolder(path, body))))
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0])
    expect(readFileSync(log, 'utf8')).toBe('in out '.repeat(6))
  })

  test('waits for a living holder and says so once', async () => {
    const path = join(makeTree(), 'x.lock')
    const { child, ran } = startNode(runHolder(path, 'await sleep(700)'))
    await eventually(() => existsSync(path))
    const lines: string[] = []
    await withLock(path, { what: 'testing', log: line => lines.push(line) }, async () => {})
    expect(lines).toEqual([`another start is testing (process ${child.pid}); waiting for it`])
    expect((await ran).code).toBe(0)
  })

  test('takes over from a killed process', async () => {
    const path = join(makeTree(), 'x.lock')
    const { child, ran } = startNode(runHolder(path, 'await sleep(60_000)'))
    await eventually(() => existsSync(path))
    child.kill('SIGKILL')
    await ran
    expect(existsSync(path)).toBe(true)
    const lines: string[] = []
    await withLock(path, { what: 'testing', log: line => lines.push(line) }, async () => {})
    expect(lines).toEqual([])
  })

  test('a child that outlives its killed holder still holds the lock', async () => {
    const folder = makeTree()
    const path = join(folder, 'x.lock')
    const ended = join(folder, 'ended')
    const orphanBody = `setTimeout(() => require('node:fs').writeFileSync(${JSON.stringify(ended)}, ''), 900)`
    const body = `
      const child = spawn(process.execPath, ['-e', ${JSON.stringify(orphanBody)}], { stdio: 'ignore' })
      lock.child(child.pid)
      await sleep(60_000)`
    const { child, ran } = startNode(runHolder(path, body))
    await eventually(() => existsSync(path) && readFileSync(path, 'utf8').includes('"child"'))
    const orphan: number = JSON.parse(readFileSync(path, 'utf8')).child.pid
    child.kill('SIGKILL')
    await ran
    const lines: string[] = []
    await withLock(path, { what: 'testing', log: line => lines.push(line) }, async () => {
      expect(existsSync(ended)).toBe(true)
    })
    expect(lines).toEqual([`another start is testing (process ${orphan}); waiting for it`])
  })

  test('a later process of the same number is not the holder', async ctx => {
    if (process.platform !== 'linux') ctx.skip('only Linux tells')
    const path = join(makeTree(), 'x.lock')
    writeFileSync(
      path,
      JSON.stringify({ id: 'old', host: hostname(), owner: { pid: process.pid, started: '1' } }),
    )
    await withLock(path, quiet, async () => {})
    expect(existsSync(path)).toBe(false)
  })

  test('a process that has ended but was not waited for is gone', async ctx => {
    if (process.platform !== 'linux') ctx.skip('only Linux tells')
    const path = join(makeTree(), 'x.lock')
    // The shell becomes `sleep`, which never asks after the child that it has inherited. The child outlives that
    // change, or the shell might still ask.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 30'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [printed] = await once(parent.stdout, 'data')
    const pid = Number(printed)
    await eventually(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '))
    writeFileSync(path, JSON.stringify({ id: 'old', host: hostname(), owner: { pid } }))
    await withLock(path, quiet, async () => {})
    expect(existsSync(path)).toBe(false)
  })

  test.each([
    [
      'another machine, silent for long',
      JSON.stringify({ id: 'a', host: 'elsewhere', owner: { pid: 1 } }),
      90,
    ],
    ['an unreadable file', '{"id":', 20],
  ])('takes over from %s', async (_name, contents, ageSeconds) => {
    const path = join(makeTree(), 'x.lock')
    writeFileSync(path, contents)
    const then = new Date(Date.now() - ageSeconds * 1000)
    utimesSync(path, then, then)
    await withLock(path, quiet, async () => {})
    expect(existsSync(path)).toBe(false)
  })
})
