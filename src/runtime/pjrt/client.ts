import type { HostArray, Placement } from '../backend.ts'
import { type PjrtBuffer, upload } from './buffer.ts'
import { clientOptions, type Platform } from './client-options.ts'
import { compile } from './compile.ts'
import { PluginError } from './error.ts'
import type { PjrtExecutable, Signature } from './executable.ts'
import type { ExecutableCache } from './executable-cache.ts'
import type { Ledger, Library } from './library.ts'
import { namedValue } from './named-value.ts'
import { readText, readWords } from './native.ts'
import { Pipeline } from './pipeline.ts'
import { platformOf } from './plugin.ts'
import { structArray } from './struct.ts'

export interface ClientOptions {
  /** What the plugin drives; by default what its name says. */
  readonly platform?: Platform
  /** How many devices share each program; 1 by default. On `cpu` they are virtual, in this process. */
  readonly deviceCount?: number
}

/** One device: its `PJRT_Device`, its name and its model as XLA writes them. */
export interface Device {
  readonly handle: bigint
  readonly name: string
  readonly kind: string
}

/** A plugin's devices and all that lives on them. */
export class Client {
  readonly library: Library
  readonly handle: bigint
  /** All that it drives. Arrays and programs go to all of them. */
  readonly devices: readonly Device[]
  readonly platformName: string
  readonly platformVersion: string
  readonly pipeline: Pipeline
  private readonly owned = new Set<PjrtBuffer | PjrtExecutable>()
  private busy = 0
  private closed = false

  /** Throws a `PluginError` where there are fewer devices than asked for. */
  constructor(library: Library, options: ClientOptions = {}) {
    const { platform = platformOf(library.path), deviceCount = 1 } = options
    this.library = library
    this.pipeline = new Pipeline(library)
    const values = Object.entries(clientOptions(platform, deviceCount))
    const client = library
      .call('PJRT_Client_Create', {
        create_options: structArray(values.map(([name, value]) => namedValue(name, value))),
        num_options: values.length,
      })
      .address('client')
    this.handle = client
    library.ledger.clients++
    this.devices = readDevices(library, client)
    if (this.devices.length !== deviceCount) {
      const found = this.devices.length
      this.close()
      throw new PluginError(
        `${deviceCount} devices were asked for, but the plugin has ${found} (${platform}): ask for at most ${found}.`,
      )
    }
    const name = library.call('PJRT_Client_PlatformName', { client })
    this.platformName = readText(name.address('platform_name'), name.number('platform_name_size'))
    const version = library.call('PJRT_Client_PlatformVersion', { client })
    this.platformVersion = readText(
      version.address('platform_version'),
      version.number('platform_version_size'),
    )
  }

  upload(array: HostArray, placement: Placement = 'replicated'): PjrtBuffer {
    this.mustBeOpen()
    return upload(this, array, placement)
  }

  /** See `compile`: StableHLO text to an executable, through the cache where one is given. */
  async compile(mlir: string, signature: Signature, cache?: ExecutableCache): Promise<PjrtExecutable> {
    this.mustBeOpen()
    return this.during(() => compile(this, mlir, signature, cache))
  }

  /** Live native objects of this process's plugin. */
  ledger(): Ledger {
    return { ...this.library.ledger }
  }

  /** Runs an operation that the client must outlive. */
  async during<T>(operation: () => Promise<T>): Promise<T> {
    this.busy++
    try {
      return await operation()
    } finally {
      this.busy--
    }
  }

  /** `close` frees what its owner has left behind. */
  adopt(object: PjrtBuffer | PjrtExecutable): void {
    this.owned.add(object)
  }

  disown(object: PjrtBuffer | PjrtExecutable): void {
    this.owned.delete(object)
  }

  /** Waits for the device, then frees what is left on it (arrays, programs) and the client itself. */
  close(): void {
    if (this.closed) return
    if (this.busy > 0) {
      throw new Error(`the device still works on ${this.busy} operations: await them before closing it`)
    }
    this.closed = true
    this.pipeline.drain()
    // Buffers die before executables, and both before the client.
    const left = [...this.owned]
    for (const object of left) if ('toHost' in object) object.free()
    for (const object of left) object.free()
    this.library.call('PJRT_Client_Destroy', { client: this.handle })
    this.library.ledger.clients--
  }

  private mustBeOpen(): void {
    if (this.closed) throw new Error('the device was closed and can be used no more')
  }
}

function readDevices(library: Library, client: bigint): Device[] {
  const found = library.call('PJRT_Client_AddressableDevices', { client })
  const handles = readWords(found.address('addressable_devices'), found.number('num_addressable_devices'))
  return handles.map(device => {
    const of = library.call('PJRT_Device_GetDescription', { device })
    const device_description = of.address('device_description')
    const text = library.call('PJRT_DeviceDescription_ToString', { device_description })
    const kind = library.call('PJRT_DeviceDescription_Kind', { device_description })
    return {
      handle: device,
      name: readText(text.address('to_string'), text.number('to_string_size')),
      kind: readText(kind.address('device_kind'), kind.number('device_kind_size')),
    }
  })
}
