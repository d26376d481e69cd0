import { randomUUID } from 'node:crypto'
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { contentHash, writeFileAtomicSync } from './disk.ts'
import { logFault, systemCode } from './fault.ts'
import { isAlive, processMark, thisProcess } from './process-mark.ts'

const BEAT_MS = 1000
/** A holder on another machine (a shared folder) can only be judged by its heartbeat. */
const SILENT_MS = 60_000
/** A lease file is empty for the moment between its making and its first write. */
const UNREADABLE_MS = 10_000

const content = z.object({ id: z.string(), host: z.string(), owner: processMark, holder: z.string() })
type Content = z.infer<typeof content>

/** One file's writer, across processes. */
export class FileLease {
  private readonly path: string
  private readonly id: string
  private readonly beat: NodeJS.Timeout

  /**
   * Takes the lease of `file`, or says who holds it. `onLost` is called once when another process takes it over.
   *
   * @param folder that holds the leases of everyone who shares these settings
   */
  static take(
    folder: string,
    file: string,
    holder: string,
    { force = false, onLost }: { readonly force?: boolean; readonly onLost: () => void },
  ): FileLease | { readonly heldBy: string } {
    mkdirSync(folder, { recursive: true })
    const path = join(folder, `${leaseName(file)}.json`)
    const own: Content = { id: randomUUID(), host: hostname(), owner: thisProcess(), holder }
    if (force) {
      writeFileAtomicSync(path, JSON.stringify(own))
      return new FileLease(path, own.id, onLost)
    }
    for (;;) {
      try {
        const handle = openSync(path, 'wx')
        writeFileSync(handle, JSON.stringify(own))
        closeSync(handle)
        return new FileLease(path, own.id, onLost)
      } catch (e) {
        if (systemCode(e) !== 'EEXIST') throw e
      }
      const found = read(path)
      if (!found) continue
      if (!isStale(found)) return { heldBy: found.content?.holder ?? 'another window' }
      removeStale(path, found.content?.id)
    }
  }

  private constructor(path: string, id: string, onLost: () => void) {
    this.path = path
    this.id = id
    this.beat = setInterval(() => {
      try {
        if (this.isHeld()) {
          const now = new Date()
          utimesSync(this.path, now, now)
          return
        }
      } catch (e) {
        // Whether it is held can't be told just now; the next beat looks again.
        logFault(e)
        return
      }
      clearInterval(this.beat)
      onLost()
    }, BEAT_MS)
    this.beat.unref()
  }

  /** Looks at the disk: true while nobody has taken it over. */
  isHeld(): boolean {
    return read(this.path)?.content?.id === this.id
  }

  release(): void {
    clearInterval(this.beat)
    if (this.isHeld()) rmSync(this.path, { force: true })
  }
}

/** A name that says nothing of the file, and the same on every start. */
export const leaseName = (file: string): string => contentHash(file).slice(0, 32)

interface Found {
  readonly ageMs: number
  readonly content: Content | undefined
}

function read(path: string): Found | undefined {
  try {
    const ageMs = Date.now() - statSync(path).mtimeMs
    try {
      return { ageMs, content: content.parse(JSON.parse(readFileSync(path, 'utf8'))) }
    } catch (e) {
      if (systemCode(e) === 'ENOENT') return undefined
      return { ageMs, content: undefined }
    }
  } catch (e) {
    if (systemCode(e) === 'ENOENT') return undefined
    throw e
  }
}

function isStale({ ageMs, content: c }: Found): boolean {
  if (!c) return ageMs > UNREADABLE_MS
  if (c.host !== hostname()) return ageMs > SILENT_MS
  return !isAlive(c.owner)
}

/** Two may find a lease stale at once: the slower must put back what the faster has made anew. */
function removeStale(path: string, id: string | undefined): void {
  const aside = `${path}.${randomUUID()}.stale`
  try {
    renameSync(path, aside)
  } catch (e) {
    if (systemCode(e) === 'ENOENT') return
    throw e
  }
  try {
    if (read(aside)?.content?.id !== id) linkSync(aside, path)
  } catch (e) {
    if (systemCode(e) !== 'EEXIST') throw e
  } finally {
    rmSync(aside, { force: true })
  }
}
