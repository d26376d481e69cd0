import type { HostArray } from '../backend.ts'
import { type PjrtBuffer, upload } from './buffer.ts'
import { compile } from './compile.ts'
import type { PjrtExecutable, Signature } from './executable.ts'
import type { ExecutableCache } from './executable-cache.ts'
import { NAMED_VALUE_TYPE } from './layouts.ts'
import type { Ledger, Library } from './library.ts'
import { readText, readWords, utf8 } from './native.ts'
import { Pipeline } from './pipeline.ts'
import { Struct } from './struct.ts'

export interface ClientOptions {
  /** Virtual CPU devices in this process; programs run on the first. */
  readonly deviceCount?: number
}

/** A plugin's device and all that lives on it. */
export class Client {
  readonly library: Library
  readonly handle: bigint
  /** The first device: where arrays and programs go. */
  readonly device: bigint
  /** Names of all devices, as XLA writes them. */
  readonly devices: readonly string[]
  readonly platformName: string
  readonly platformVersion: string
  readonly pipeline: Pipeline
  private readonly owned = new Set<PjrtBuffer | PjrtExecutable>()
  private busy = 0
  private closed = false

  constructor(library: Library, { deviceCount = 1 }: ClientOptions = {}) {
    this.library = library
    this.pipeline = new Pipeline(library)
    const name = utf8('cpu_device_count')
    const option = new Struct('PJRT_NamedValue', {
      name,
      name_size: name.length,
      type: NAMED_VALUE_TYPE.kInt64,
      value: deviceCount,
      value_size: 1,
    })
    const created = library.call('PJRT_Client_Create', { create_options: option, num_options: 1 })
    const client = created.address('client')
    this.handle = client
    library.ledger.clients++

    const devices = library.call('PJRT_Client_AddressableDevices', { client })
    const handles = readWords(
      devices.address('addressable_devices'),
      devices.number('num_addressable_devices'),
    )
    this.device = handles[0]!
    this.devices = handles.map(device => {
      const of = library.call('PJRT_Device_GetDescription', { device })
      const text = library.call('PJRT_DeviceDescription_ToString', {
        device_description: of.address('device_description'),
      })
      return readText(text.address('to_string'), text.number('to_string_size'))
    })
    const platform = library.call('PJRT_Client_PlatformName', { client })
    this.platformName = readText(platform.address('platform_name'), platform.number('platform_name_size'))
    const version = library.call('PJRT_Client_PlatformVersion', { client })
    this.platformVersion = readText(
      version.address('platform_version'),
      version.number('platform_version_size'),
    )
  }

  upload(array: HostArray): PjrtBuffer {
    this.mustBeOpen()
    return upload(this, array)
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
