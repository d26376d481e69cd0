import type { FileHandle } from 'node:fs/promises'

type Fs = typeof import('node:fs/promises')

/** What the next calls of the file system do; shared with the tests of one file. */
export const disk = {
  /** Counts the calls that change something, while a fault is armed. */
  calls: 0,
  /** The call at which the fault comes; none while undefined. */
  at: undefined as number | undefined,
  /** An errno name, or `crash`: from then on nothing reaches the disk, as after SIGKILL. */
  fault: 'ENOSPC' as string,
  /** Only calls on paths that fit are counted and can fail. */
  where: /./,
}

export function arm(fault: string, at: number | undefined, where = /./): void {
  Object.assign(disk, { calls: 0, at, fault, where })
}

function fail(path: string): void {
  if (disk.at === undefined || !disk.where.test(path)) return
  const call = disk.calls++
  if (call < disk.at || (call > disk.at && disk.fault !== 'crash' && disk.fault !== 'ENOSPC')) return
  throw Object.assign(new Error(`${disk.fault}: injected at call ${call}, ${path}`), { code: disk.fault })
}

/** `node:fs/promises` with every call that writes able to fail. A torn write leaves half of its bytes. */
export function faultyFs(real: Fs): Fs {
  const guarded =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      fail(String(args[0]))
      return call(...args)
    }
  const open = async (...args: Parameters<Fs['open']>): Promise<FileHandle> => {
    const [path, flags] = args
    if (flags !== 'r') fail(String(path))
    const handle = await real.open(...args)
    const { sync, writeFile } = handle
    handle.sync = async () => {
      fail(String(path))
      return sync.call(handle)
    }
    handle.writeFile = async (data, ...rest) => {
      try {
        fail(String(path))
      } catch (e) {
        if (data instanceof Uint8Array && disk.calls === (disk.at ?? 0) + 1)
          await writeFile.call(handle, data.subarray(0, data.length >> 1))
        throw e
      }
      return writeFile.call(handle, data, ...rest)
    }
    return handle
  }
  return {
    ...real,
    open: open as Fs['open'],
    mkdir: guarded(real.mkdir as (...args: unknown[]) => Promise<unknown>) as Fs['mkdir'],
    rename: guarded(real.rename),
    rm: guarded(real.rm),
    appendFile: guarded(real.appendFile),
  }
}
