import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { hostCpu } from './host-cpu.ts'

const MAGIC = Buffer.from('diptych-xla-1\n')
const DIGEST_BYTES = 32

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256')
  // Lengths first, so that no two lists of parts read the same.
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return hash.digest()
}

/** Hash of all that compiled code depends on, in hexadecimal. Machine code is only good for its own processor. */
export const executableKey = (mlir: string, fingerprint: string, options: Uint8Array): string =>
  sha256(mlir, fingerprint, options, hostCpu()).toString('hex')

/**
 * Serialised executables on disk: `<folder>/<key>.bin`, holding a mark, the key, a checksum and the bytes.
 * A cache: nothing that goes wrong here is an error, at worst a program is compiled again.
 */
export class ExecutableCache {
  /** Of the plugin and its settings; part of every key. */
  readonly fingerprint: string
  readonly warn: (line: string) => void
  private readonly folder: string

  constructor(folder: string, fingerprint: string, warn: (line: string) => void = () => {}) {
    this.folder = folder
    this.fingerprint = fingerprint
    this.warn = warn
  }

  path(key: string): string {
    return join(this.folder, `${key}.bin`)
  }

  /** The bytes kept under a key; undefined where there are none, or they are damaged, or another's. */
  async read(key: string): Promise<Uint8Array | undefined> {
    let file: Buffer
    try {
      file = await readFile(this.path(key))
    } catch {
      return undefined
    }
    const headerBytes = MAGIC.length + 2 * DIGEST_BYTES
    const header = file.subarray(0, headerBytes)
    const bytes = file.subarray(headerBytes)
    if (!header.equals(this.header(key, bytes))) {
      this.warn(`the compiled program in ${this.path(key)} is damaged: it is compiled again`)
      return undefined
    }
    // So that pruning can take the least recently used first.
    const now = new Date()
    await utimes(this.path(key), now, now).catch(() => {})
    return bytes
  }

  /** Keeps bytes under a key: whole or not at all, also after a crash. */
  async write(key: string, bytes: Uint8Array): Promise<void> {
    const temporary = `${this.path(key)}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`
    try {
      await mkdir(this.folder, { recursive: true })
      const file = await open(temporary, 'wx')
      try {
        await file.writeFile(Buffer.concat([this.header(key, bytes), bytes]))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, this.path(key))
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      this.warn(`the compiled program could not be kept in ${this.folder}: ${(error as Error).message}`)
    }
  }

  private header(key: string, bytes: Uint8Array): Buffer {
    return Buffer.concat([MAGIC, Buffer.from(key, 'hex'), sha256(bytes)])
  }
}
