import type { Lease } from '../protocol/workbench.ts'
import { logFault } from './fault.ts'
import { FileWatch } from './file-watch.ts'
import { FileLease } from './lease.ts'

/** How often a reader looks whether the writer in another process is gone. */
const RETRY_MS = 1000

/** One window's view of a file: told when it becomes the writer or stops being it. */
export interface Reader {
  /** For other windows: who holds the lease. */
  readonly holder: string
  lease(lease: Lease): void
  changedOnDisk(version: string | null): void
  /** The version that this window's edits start from. */
  readonly version: string | null
}

/**
 * A graph file that windows of this process have open. One of them, or one of another process, is its writer;
 * the others read. When the writer goes, the eldest reader that has the file as it is becomes the writer.
 */
export class SharedFile {
  readonly path: string
  private readonly leases: string
  private readonly readers = new Set<Reader>()
  private writer: Reader | undefined
  private lease: FileLease | undefined
  private heldBy = 'another window'
  private readonly watch: FileWatch
  private readonly retry: NodeJS.Timeout
  private current: string | null

  constructor(leases: string, path: string, version: string) {
    this.leases = leases
    this.path = path
    this.current = version
    this.watch = new FileWatch(path, version, changed => {
      this.current = changed
      for (const reader of this.readers) reader.changedOnDisk(changed)
    })
    this.retry = setInterval(() => {
      try {
        this.promote()
      } catch (e) {
        logFault(e)
      }
    }, RETRY_MS)
    this.retry.unref()
  }

  get isUnused(): boolean {
    return this.readers.size === 0
  }

  /** The file as it was last seen. */
  get version(): string | null {
    return this.current
  }

  add(reader: Reader): Lease {
    this.readers.add(reader)
    if (!this.writer) this.tryTake(reader)
    return this.leaseOf(reader)
  }

  remove(reader: Reader): void {
    this.readers.delete(reader)
    if (this.writer !== reader) return
    this.writer = undefined
    if (this.readers.size > 0) this.promote()
    if (!this.writer) this.drop()
  }

  /** `to` takes the place of `from`, with the lease if it has it. */
  replace(from: Reader, to: Reader): void {
    this.readers.delete(from)
    this.readers.add(to)
    if (this.writer === from) this.writer = to
  }

  /** Looks at the disk, too: another process may have taken over a moment ago. */
  isWriter(reader: Reader): boolean {
    return this.writer === reader && this.lease?.isHeld() === true
  }

  takeOver(reader: Reader): void {
    if (this.isWriter(reader)) return
    const former = this.writer
    if (!this.lease?.isHeld()) {
      this.lease?.release()
      const taken = FileLease.take(this.leases, this.path, reader.holder, {
        force: true,
        onLost: () => this.lost(),
      })
      this.lease = taken instanceof FileLease ? taken : undefined
    }
    this.writer = reader
    this.heldBy = reader.holder
    former?.lease(this.leaseOf(former))
    reader.lease({ mode: 'writer' })
  }

  /** Writes the file by `save`, without taking that for someone else's doing. */
  async saving(save: () => Promise<string>): Promise<void> {
    await this.watch.during(async () => {
      const version = await save()
      this.current = version
      return version
    })
  }

  close(): void {
    clearInterval(this.retry)
    this.watch.close()
    this.drop()
  }

  private leaseOf(reader: Reader): Lease {
    return this.writer === reader ? { mode: 'writer' } : { mode: 'reader', holder: this.heldBy }
  }

  private tryTake(reader: Reader): boolean {
    // Within this process the file's lease may be there already: only its window is gone.
    if (!this.lease?.isHeld()) {
      this.lease?.release()
      const taken = FileLease.take(this.leases, this.path, reader.holder, { onLost: () => this.lost() })
      if (!(taken instanceof FileLease)) {
        this.lease = undefined
        this.heldBy = taken.heldBy
        return false
      }
      this.lease = taken
    }
    this.writer = reader
    this.heldBy = reader.holder
    return true
  }

  private promote(): void {
    if (this.writer) return
    for (const reader of this.readers)
      if (reader.version === this.current) {
        if (this.tryTake(reader)) reader.lease({ mode: 'writer' })
        return
      }
  }

  private lost(): void {
    const former = this.writer
    this.writer = undefined
    this.lease = undefined
    this.heldBy = 'a window of another process'
    former?.lease(this.leaseOf(former))
  }

  private drop(): void {
    this.lease?.release()
    this.lease = undefined
  }
}
