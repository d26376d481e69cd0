import { byteLength, showType, type TensorType } from '../../ir/types.ts'
import type { DeviceArray, HostArray } from '../backend.ts'
import type { Client } from './client.ts'
import { toNativeType } from './dtype.ts'
import { PjrtEvent } from './event.ts'
import { HOST_BUFFER_SEMANTICS } from './layouts.ts'
import type { Library } from './library.ts'
import { Struct } from './struct.ts'

// Hundreds of buffers die in each step: they share one struct.
const destroyArgs = new Struct('PJRT_Buffer_Destroy_Args')

/** Frees a `PJRT_Buffer`. Blocks where a call that it was donated to still runs. */
export function destroyBuffer(library: Library, handle: bigint): void {
  destroyArgs.set('buffer', handle)
  library.invoke('PJRT_Buffer_Destroy', destroyArgs)
  library.ledger.buffers--
}

/** A tensor on the device: a `PJRT_Buffer`. */
export class PjrtBuffer implements DeviceArray {
  readonly type: TensorType
  readonly client: Client
  private handle: bigint
  private fate: 'alive' | 'freed' | 'donated' = 'alive'

  constructor(client: Client, handle: bigint, type: TensorType) {
    this.client = client
    this.handle = handle
    this.type = type
    client.adopt(this)
    client.library.ledger.buffers++
  }

  /** Why the array can't be used any more; undefined while it can. */
  get fault(): string | undefined {
    if (this.fate === 'alive') return undefined
    const array = `this array of ${showType(this.type)}`
    return this.fate === 'freed'
      ? `${array} was freed and can't be used any more`
      : `${array} was donated to a call: use that call's result instead`
  }

  /** The native handle. Throws once the array was freed or donated. */
  use(): bigint {
    if (this.fate !== 'alive') throw new Error(this.fault)
    return this.handle
  }

  async toHost(): Promise<HostArray> {
    const src = this.use()
    const { library } = this.client
    const bytes = new Uint8Array(byteLength(this.type))
    if (bytes.length === 0) return { type: this.type, bytes }
    return this.client.during(async () => {
      const args = library.call('PJRT_Buffer_ToHostBuffer', { src, dst: bytes, dst_size: bytes.length })
      await new PjrtEvent(library, args.address('event')).settle()
      // XLA writes to `bytes` until here: returning it keeps it alive for as long.
      return { type: this.type, bytes }
    })
  }

  free(): void {
    if (this.fate === 'alive') destroyBuffer(this.client.library, this.end('freed'))
  }

  /** The executable takes over the memory. The caller frees the handle returned, once the call has ended. */
  donate(): bigint {
    return this.end('donated')
  }

  /** Where the data lies in this process's memory (CPU only): shows that a donated array was reused in place. */
  unsafeAddress(): bigint {
    return this.client.library
      .call('PJRT_Buffer_UnsafePointer', { buffer: this.use() })
      .address('buffer_pointer')
  }

  /** True where XLA itself says that the memory is gone, as it is after donation. */
  isDeletedByXla(): boolean {
    const args = this.client.library.call('PJRT_Buffer_IsDeleted', { buffer: this.use() })
    return args.number('is_deleted') !== 0
  }

  private end(fate: 'freed' | 'donated'): bigint {
    const handle = this.use()
    this.fate = fate
    this.handle = 0n
    this.client.disown(this)
    return handle
  }
}

// Never read or written: XLA only wants an address that is not null.
const NOTHING = new Uint8Array(new ArrayBuffer(8))

/** Copies a host array to the device; the host memory may be reused as soon as this returns. */
export function upload(client: Client, { type, bytes }: HostArray): PjrtBuffer {
  const expected = byteLength(type)
  if (bytes.byteLength !== expected) {
    throw new Error(`${showType(type)} takes ${expected} bytes, but the host array has ${bytes.byteLength}`)
  }
  const args = new Struct('PJRT_Client_BufferFromHostBuffer_Args', {
    client: client.handle,
    data: expected === 0 ? NOTHING : bytes,
    type: toNativeType(type.dtype),
    num_dims: type.shape.length,
    host_buffer_semantics: HOST_BUFFER_SEMANTICS.kImmutableOnlyDuringCall,
    device: client.device,
  })
  if (type.shape.length > 0) args.set('dims', BigInt64Array.from(type.shape, BigInt))
  client.library.invoke('PJRT_Client_BufferFromHostBuffer', args)
  // With these semantics XLA has copied the data when the call returns: nobody needs to wait for the event.
  new PjrtEvent(client.library, args.address('done_with_host_buffer')).discard()
  return new PjrtBuffer(client, args.address('buffer'), type)
}
