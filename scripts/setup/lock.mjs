import { randomUUID } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './progress.mjs'

const POLL_MS = 150
const BEAT_MS = 5000
// A holder on another machine (a shared cache folder) can only be judged by its heartbeat.
const SILENT_MS = 60_000
// A lock file is empty for the moment between its making and its first write.
const UNREADABLE_MS = 10_000

/** When a process started, in the kernel's ticks: tells a process from a later one of the same number. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0], started: fields[19] }
  } catch {
    return undefined
  }
}

const markOf = pid => ({ pid, started: startOf(pid)?.started })

function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
  const now = startOf(pid)
  return !now || (now.state !== 'Z' && (started === undefined || now.started === started))
}

/** What a lock file says, or undefined where there is none. */
function readHolder(path) {
  try {
    const ageMs = Date.now() - statSync(path).mtimeMs
    const text = readFileSync(path, 'utf8')
    try {
      return { ageMs, ...JSON.parse(text) }
    } catch {
      return { ageMs }
    }
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A lock whose holder is gone. A child that outlived its killed holder still holds it. */
function isStale(holder) {
  if (!holder.owner) return holder.ageMs > UNREADABLE_MS
  if (holder.host !== hostname()) return holder.ageMs > SILENT_MS
  return !isAlive(holder.owner) && !(holder.child && isAlive(holder.child))
}

/**
 * Removes a stale lock. Two waiters may find it stale at once, and the slower must not remove the lock that the
 * faster has made anew: so removing needs a lock too, and looks again.
 */
async function breakStale(path) {
  const breaker = `${path}.break`
  await acquire(breaker, undefined)
  try {
    const holder = readHolder(path)
    if (holder && isStale(holder)) rmSync(path, { force: true })
  } finally {
    rmSync(breaker, { force: true })
  }
}

async function acquire(path, onWait) {
  const content = { id: randomUUID(), host: hostname(), owner: markOf(process.pid) }
  for (let said = false; ; ) {
    try {
      const file = openSync(path, 'wx')
      writeFileSync(file, JSON.stringify(content))
      closeSync(file)
      return content
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const holder = readHolder(path)
    if (!holder) continue
    if (isStale(holder)) {
      await breakStale(path)
      continue
    }
    if (!said) onWait?.(holder)
    said = true
    await sleep(POLL_MS)
  }
}

/**
 * Runs `work` while no other process does the same under this lock file. Waits for a living holder and says so
 * once; takes over from a dead one. `work` gets `{ child(pid) }`, which names a process that must have ended too
 * before anyone may take over.
 *
 * @param {string} path
 * @param {{what: string, log?: (line: string) => void}} options `what` is going on, as in "installing packages"
 * @param {(lock: {child: (pid: number) => void}) => Promise<T>} work
 * @returns {Promise<T>}
 * @template T
 */
export async function withLock(path, { what, log = say }, work) {
  mkdirSync(dirname(path), { recursive: true })
  const content = await acquire(path, holder => {
    const pid = holder.child && !isAlive(holder.owner) ? holder.child.pid : holder.owner?.pid
    log(`another start is ${what} (process ${pid ?? '?'}); waiting for it`)
  })
  const beat = setInterval(() => {
    const now = new Date()
    try {
      utimesSync(path, now, now)
    } catch {
      clearInterval(beat)
    }
  }, BEAT_MS)
  beat.unref()
  try {
    return await work({
      child: pid => writeFileSync(path, JSON.stringify({ ...content, child: markOf(pid) })),
    })
  } finally {
    clearInterval(beat)
    if (readHolder(path)?.id === content.id) rmSync(path, { force: true })
  }
}
