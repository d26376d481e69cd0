import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Program } from '../../ir/program.ts'
import { sameType, showType, type TensorType } from '../../ir/types.ts'
import type { Backend, CompileOptions, HostArray } from '../backend.ts'
import type { PjrtBuffer } from './buffer.ts'
import { Client } from './client.ts'
import type { PjrtExecutable } from './executable.ts'
import { ExecutableCache } from './executable-cache.ts'
import { type Ledger, Library } from './library.ts'
import { findPlugin, pluginHash } from './plugin.ts'
import { trimMemory } from './trim.ts'

export interface XlaOptions {
  /** Program to StableHLO text for a platform; the inputs named in `donate` carry `tf.aliasing_output`. */
  readonly lower: (
    program: Program,
    options: { readonly donate: readonly number[]; readonly platform: string },
  ) => string
  /** Path of a PJRT plugin; else `findPlugin` looks for it. */
  readonly plugin?: string
  /** Diptych's cache folder. Compiled programs are kept in its `xla` folder; without it, nowhere. */
  readonly cacheDir?: string
  /** Virtual CPU devices in this process; 1 unless sharding is tested. */
  readonly deviceCount?: number
  /** Told about what slows down but harms nothing, such as a damaged cache file. */
  readonly warn?: (line: string) => void
}

/** XLA through a PJRT plugin. */
export class XlaBackend implements Backend {
  readonly name = 'xla'
  readonly fingerprint: string
  readonly client: Client
  private readonly lower: XlaOptions['lower']
  private readonly cache: ExecutableCache | undefined

  constructor(
    client: Client,
    fingerprint: string,
    lower: XlaOptions['lower'],
    cache: ExecutableCache | undefined,
  ) {
    this.client = client
    this.fingerprint = fingerprint
    this.lower = lower
    this.cache = cache
  }

  async compile(program: Program, { donate = [] }: CompileOptions = {}): Promise<PjrtExecutable> {
    const inputs = program.inputs.map(i => ({ name: i.name, type: i.value.type }))
    const mlir = this.lower(program, { donate, platform: this.client.platformName })
    const executable = await this.client.compile(mlir, { inputs, donate }, this.cache)
    const expected = program.outputs.map(o => o.value.type)
    if (!sameTypes(executable.outputs, expected)) {
      executable.free()
      throw new Error(
        `"${program.name}" was lowered wrongly: it gives ${show(expected)}, its executable ${show(executable.outputs)}`,
      )
    }
    return executable
  }

  upload(array: HostArray): PjrtBuffer {
    return this.client.upload(array)
  }

  /** Live native objects in this process, so that a test can see that nothing leaks. */
  ledger(): Ledger {
    return this.client.ledger()
  }

  close(): void {
    this.client.close()
    trimMemory()
  }
}

/**
 * Loads the plugin and opens its device.
 * Throws a `PluginError` when there is no plugin, or one that this version can't drive.
 */
export async function createXlaBackend(options: XlaOptions): Promise<XlaBackend> {
  const { cacheDir, lower, warn } = options
  const path = options.plugin ?? findPlugin(cacheDir)
  const folder = cacheDir && join(cacheDir, 'xla')
  const library = Library.load(path)
  const hash = await pluginHash(path, folder)
  const client = new Client(library, { deviceCount: options.deviceCount })
  const { major, minor } = library.version
  const parts = [
    'xla',
    client.platformName,
    `api${major}.${minor}`,
    hash.slice(0, 16),
    `${client.devices.length}d`,
  ]
  // XLA reads its flags from the environment itself, and they can change results.
  const flags = process.env.XLA_FLAGS
  if (flags) parts.push(createHash('sha256').update(flags).digest('hex').slice(0, 16))
  const fingerprint = parts.join('-')
  return new XlaBackend(
    client,
    fingerprint,
    lower,
    folder ? new ExecutableCache(folder, fingerprint, warn) : undefined,
  )
}

const sameTypes = (a: readonly TensorType[], b: readonly TensorType[]): boolean =>
  a.length === b.length && a.every((t, i) => sameType(t, b[i]!))

const show = (types: readonly TensorType[]): string => `(${types.map(showType).join(', ')})`
