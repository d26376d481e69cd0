import { type FSWatcher, watch } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { contentHash } from './disk.ts'
import { logFault, systemCode } from './fault.ts'

/** Editors save in several steps; what lies on the disk between them is nobody's version. */
const SETTLE_MS = 150
/** A rename leaves a moment without the file. */
const GONE_MS = 400
/** Some file systems tell nothing, so the file is looked at now and then too. */
const LOOK_MS = 2000

/** Tells when someone else has changed a file. */
export class FileWatch {
  private readonly path: string
  private readonly onChange: (version: string | null) => void
  private known: string | null
  private stamp = ''
  private watcher: FSWatcher | undefined
  private readonly timer: NodeJS.Timeout
  private settling: NodeJS.Timeout | undefined
  private closed = false
  private saving = false

  /** `version`: the content that is known. */
  constructor(path: string, version: string | null, onChange: (version: string | null) => void) {
    this.path = path
    this.known = version
    this.onChange = onChange
    const name = basename(path)
    try {
      // The folder: the file itself may be replaced by another one of its name.
      this.watcher = watch(dirname(path), { persistent: false }, (_, changed) => {
        if (changed === null || changed === name) this.soon(SETTLE_MS)
      })
      this.watcher.on('error', () => this.watcher?.close())
    } catch {
      // Too many watches, or none on this disk: looking now and then must do.
    }
    this.timer = setInterval(() => void this.look(), LOOK_MS)
    this.timer.unref()
  }

  /** What `save` writes is our own doing; it resolves to the new version. */
  async during(save: () => Promise<string>): Promise<void> {
    this.saving = true
    try {
      this.known = await save()
    } finally {
      this.saving = false
    }
  }

  close(): void {
    this.closed = true
    this.watcher?.close()
    clearInterval(this.timer)
    clearTimeout(this.settling)
  }

  private soon(ms: number): void {
    clearTimeout(this.settling)
    this.settling = setTimeout(() => void this.read().catch(logFault), ms)
  }

  /** A cheap look: reads only what seems to be new. */
  private async look(): Promise<void> {
    const stats = await stat(this.path).catch(() => undefined)
    const stamp = stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : 'gone'
    if (stamp === this.stamp) return
    this.stamp = stamp
    this.soon(SETTLE_MS)
  }

  private async read(again = true): Promise<void> {
    let version: string | null
    try {
      version = contentHash(await readFile(this.path))
    } catch (e) {
      if (systemCode(e) !== 'ENOENT') return
      if (again) {
        this.settling = setTimeout(() => void this.read(false).catch(logFault), GONE_MS)
        return
      }
      version = null
    }
    if (this.closed || this.saving || version === this.known) return
    this.known = version
    this.onChange(version)
  }
}
