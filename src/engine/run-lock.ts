import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '../data/atomic.ts'
import { DataError, systemCode } from '../data/error.ts'

/** Longer than an engine whose host is gone may still work on its last checkpoint. */
const WAIT_MS = 60_000
const POLL_MS = 100

/**
 * Makes this process the only one that writes to a run's folder; resolves to the function that gives it up. Whoever
 * resumes a run right after its command was killed waits for the engine that is still committing.
 *
 * @param told gets a line for the person, once, when there is something to wait for
 * @throws {DataError} when the other process doesn't end
 */
export async function lockRun(
  run: string,
  signal: AbortSignal,
  told: (line: string) => void,
): Promise<() => Promise<void>> {
  const file = join(run, '.lock')
  for (let since: number | undefined; ; ) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' })
      return () => rm(file, { force: true })
    } catch (e) {
      if (systemCode(e) !== 'EEXIST') throw e
    }
    const pid = Number(await readFile(file, 'utf8').catch(() => ''))
    if (!pid || pid === process.pid || !isAlive(pid)) {
      await rm(file, { force: true })
      continue
    }
    if (since === undefined) told(`process ${pid} is still writing to ${run}; waiting for it to end.`)
    since ??= Date.now()
    if (Date.now() - since > WAIT_MS)
      throw new DataError(
        `Process ${pid} is still writing to ${run}. Resume when it has ended; if it is no Diptych, remove ${file}.`,
      )
    if (signal.aborted) throw new DataError(`Stopped while process ${pid} was still writing to ${run}.`)
    await sleep(POLL_MS)
  }
}
