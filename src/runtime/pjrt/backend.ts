import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Program } from '../../ir/program.ts'
import { sameType, showType, type TensorType } from '../../ir/types.ts'
import {
  type Backend,
  type CompileOptions,
  type DeviceMemory,
  dividesRows,
  type HostArray,
  type Placement,
} from '../backend.ts'
import type { PjrtBuffer } from './buffer.ts'
import { Client } from './client.ts'
import type { Platform } from './client-options.ts'
import { PjrtError, PluginError } from './error.ts'
import type { PjrtExecutable } from './executable.ts'
import { ExecutableCache } from './executable-cache.ts'
import { type Ledger, Library } from './library.ts'
import { deviceMemory } from './memory.ts'
import {
  type Candidate,
  choosePlugins,
  platformOf,
  pluginCandidates,
  type Surroundings,
  showCandidate,
} from './plugin.ts'
import { pluginHash } from './plugin-hash.ts'
import { trimMemory } from './trim.ts'

export interface XlaOptions {
  /**
   * Program to StableHLO text for a platform; the inputs named in `donate` carry `tf.aliasing_output`, and where
   * several devices share it, `split` names the inputs whose rows are split over them.
   */
  readonly lower: (
    program: Program,
    options: {
      readonly donate: readonly number[]
      readonly platform: string
      readonly devices: number
      readonly split: readonly number[]
    },
  ) => string
  /** Path of a PJRT plugin; else `pluginCandidates` are tried. */
  readonly plugin?: string
  /** Where plugins are looked for; this process's own environment and machine by default. */
  readonly surroundings?: Surroundings
  /** Where to run. By default on CUDA where it works, else on the CPU. */
  readonly platform?: Platform
  /** Diptych's cache folder. Compiled programs are kept in its `xla` folder; without it, nowhere. */
  readonly cacheDir?: string
  /** How many devices share each program; 1 by default. On the CPU they are virtual, in this process. */
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

  get deviceCount(): number {
    return this.client.devices.length
  }

  async compile(program: Program, options: CompileOptions = {}): Promise<PjrtExecutable> {
    const { donate = [] } = options
    const inputs = program.inputs.map(i => ({ name: i.name, type: i.value.type }))
    const devices = this.deviceCount
    const split = (options.split ?? []).filter(i => dividesRows(inputs[i]!.type, devices))
    const mlir = this.lower(program, { donate, platform: this.client.platformName, devices, split })
    const executable = await this.client.compile(mlir, { inputs, donate, split }, this.cache)
    const expected = program.outputs.map(o => o.value.type)
    if (!sameTypes(executable.outputs, expected)) {
      executable.free()
      throw new Error(
        `"${program.name}" was lowered wrongly: it gives ${show(expected)}, its executable ${show(executable.outputs)}`,
      )
    }
    return executable
  }

  upload(array: HostArray, placement: Placement = 'replicated'): PjrtBuffer {
    const splits = placement === 'split' && dividesRows(array.type, this.deviceCount)
    return this.client.upload(array, splits ? 'split' : 'replicated')
  }

  memory(): DeviceMemory | undefined {
    return deviceMemory(this.client)
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
 * Loads a plugin and opens its devices: the first of the candidates that works.
 * Throws a `PluginError` when there is no plugin, or none that this version can drive.
 */
export async function createXlaBackend(options: XlaOptions): Promise<XlaBackend> {
  const { cacheDir, lower, warn } = options
  const client = openClient(options)
  const { library } = client
  const folder = cacheDir && join(cacheDir, 'xla')
  const hash = await pluginHash(library.path, folder)
  const { major, minor } = library.version
  const parts = [
    'xla',
    client.platformName,
    `api${major}.${minor}`,
    hash.slice(0, 16),
    `${client.devices.length}d`,
  ]
  // A processor's model is in the keys of compiled programs alone (see `executableKey`).
  if (client.platformName !== 'cpu')
    parts.push(...new Set(client.devices.map(d => slug(d.kind))), slug(client.platformVersion))
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

/** A plugin that fails is passed over, but never for virtual devices in place of the several that were asked for. */
function openClient(options: XlaOptions): Client {
  const { plugin, platform, cacheDir, deviceCount = 1, warn = () => {} } = options
  const candidates: readonly Candidate[] = plugin
    ? [{ path: plugin, platform: platform ?? platformOf(plugin), what: 'given' }]
    : choosePlugins(pluginCandidates(cacheDir, options.surroundings), platform, cacheDir)
  const refused: string[] = []
  for (const [i, candidate] of candidates.entries()) {
    try {
      return new Client(Library.load(candidate.path), { platform: candidate.platform, deviceCount })
    } catch (error) {
      if (!(error instanceof PluginError || error instanceof PjrtError)) throw error
      if (candidates.length === 1) throw asPluginError(error)
      refused.push(`${showCandidate(candidate)}: ${error.message}`)
      const next = candidates[i + 1]
      if (next && deviceCount > 1 && next.platform !== candidate.platform) break
      if (next) warn(`${refused.at(-1)}\nTrying ${showCandidate(next)} instead.`)
    }
  }
  const left = candidates.length > refused.length
  throw new PluginError(
    `${left ? `No XLA plugin opens ${deviceCount} CUDA devices` : 'None of the XLA plugins can be used'}.` +
      refused.map(line => `\n  ${line}`).join('') +
      (left ? '\nWith --platform cpu, virtual devices of the processor take their place.' : ''),
  )
}

const asPluginError = (error: PluginError | PjrtError): PluginError =>
  error instanceof PluginError
    ? error
    : new PluginError(`The XLA plugin can't open its devices: ${error.message}`)

const slug = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '_')

const sameTypes = (a: readonly TensorType[], b: readonly TensorType[]): boolean =>
  a.length === b.length && a.every((t, i) => sameType(t, b[i]!))

const show = (types: readonly TensorType[]): string => `(${types.map(showType).join(', ')})`
