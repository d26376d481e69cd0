import { byteLength, type DType, showType, type TensorType } from '../../ir/types.ts'
import type { DeviceArray, HostArray, Placement } from '../backend.ts'
import type { Client } from './client.ts'
import { toNativeType } from './dtype.ts'
import { HOST_BUFFER_SEMANTICS } from './enums.ts'
import { PjrtEvent } from './event.ts'
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

/** A tensor on the client's devices: a `PJRT_Buffer` on each. */
export class PjrtBuffer implements DeviceArray {
  readonly type: TensorType
  readonly client: Client
  readonly placement: Placement
  private handles: readonly bigint[]
  private fate: 'alive' | 'freed' | 'donated' = 'alive'

  /** `handles`: one for each device, in their order. */
  constructor(client: Client, handles: readonly bigint[], type: TensorType, placement: Placement) {
    this.client = client
    this.handles = handles
    this.type = type
    this.placement = placement
    client.adopt(this)
    client.library.ledger.buffers += handles.length
  }

  /** Why the array can't be used any more; undefined while it can. */
  get fault(): string | undefined {
    if (this.fate === 'alive') return undefined
    const array = `this array of ${showType(this.type)}`
    return this.fate === 'freed'
      ? `${array} was freed and can't be used any more`
      : `${array} was donated to a call: use that call's result instead`
  }

  /** The native handles, one for each device. Throws once the array was freed or donated. */
  use(): readonly bigint[] {
    if (this.fate !== 'alive') throw new Error(this.fault)
    return this.handles
  }

  async toHost(): Promise<HostArray> {
    const handles = this.use()
    const bytes = new Uint8Array(byteLength(this.type))
    if (bytes.length === 0) return { type: this.type, bytes }
    // Rows are split in the order of the devices, so their bytes follow one another.
    const parts = this.placement === 'split' ? handles : handles.slice(0, 1)
    const size = bytes.length / parts.length
    const read = parts.map((src, d) => this.read(src, bytes.subarray(d * size, (d + 1) * size)))
    // All of them, also where one fails: XLA writes to `bytes` until the last has ended.
    for (const part of await Promise.allSettled(read)) if (part.status === 'rejected') throw part.reason
    return { type: this.type, bytes }
  }

  /** What each device holds: the whole array, or its part of the rows. */
  async perDevice(): Promise<Uint8Array[]> {
    const handles = this.use()
    const size = byteLength(this.type) / (this.placement === 'split' ? handles.length : 1)
    return Promise.all(
      handles.map(async src => {
        const bytes = new Uint8Array(size)
        await this.read(src, bytes)
        return bytes
      }),
    )
  }

  free(): void {
    if (this.fate === 'alive')
      for (const handle of this.end('freed')) destroyBuffer(this.client.library, handle)
  }

  /** The executable takes over the memory. The caller frees the handles returned, once the call has ended. */
  donate(): readonly bigint[] {
    return this.end('donated')
  }

  /** Where the data lies in this process's memory (CPU only): shows that a donated array was reused in place. */
  unsafeAddresses(): bigint[] {
    return this.use().map(buffer =>
      this.client.library.call('PJRT_Buffer_UnsafePointer', { buffer }).address('buffer_pointer'),
    )
  }

  /** True where XLA itself says that the memory is gone, as it is after donation. */
  isDeletedByXla(): boolean {
    return this.use().some(
      buffer => this.client.library.call('PJRT_Buffer_IsDeleted', { buffer }).number('is_deleted') !== 0,
    )
  }

  private read(src: bigint, dst: Uint8Array): Promise<void> {
    const { library } = this.client
    return this.client.during(async () => {
      const args = library.call('PJRT_Buffer_ToHostBuffer', { src, dst, dst_size: dst.length })
      await new PjrtEvent(library, args.address('event')).settle()
    })
  }

  private end(fate: 'freed' | 'donated'): readonly bigint[] {
    const handles = this.use()
    this.fate = fate
    this.handles = []
    this.client.disown(this)
    return handles
  }
}

// Never read or written: XLA only wants an address that is not null.
const NOTHING = new Uint8Array(new ArrayBuffer(8))

/**
 * Copies a host array to the client's devices: whole to each, or its rows in equal parts (their number must divide
 * them). The host memory may be reused as soon as this returns.
 */
export function upload(client: Client, { type, bytes }: HostArray, placement: Placement): PjrtBuffer {
  const expected = byteLength(type)
  if (bytes.byteLength !== expected) {
    throw new Error(`${showType(type)} takes ${expected} bytes, but the host array has ${bytes.byteLength}`)
  }
  const { devices } = client
  const parts = placement === 'split' ? devices.length : 1
  const [rows = 1, ...row] = type.shape
  const shape = parts === 1 ? type.shape : [rows / parts, ...row]
  const size = expected / parts
  const handles: bigint[] = []
  try {
    for (const [d, { handle }] of devices.entries()) {
      const from = parts === 1 ? 0 : d * size
      handles.push(send(client, handle, type.dtype, shape, bytes.subarray(from, from + size)))
    }
  } catch (error) {
    client.library.ledger.buffers += handles.length
    for (const handle of handles) destroyBuffer(client.library, handle)
    throw error
  }
  return new PjrtBuffer(client, handles, type, placement)
}

/** Copies bytes to one device; returns the `PJRT_Buffer`. */
function send(
  client: Client,
  device: bigint,
  dtype: DType,
  shape: readonly number[],
  bytes: Uint8Array,
): bigint {
  const args = new Struct('PJRT_Client_BufferFromHostBuffer_Args', {
    client: client.handle,
    data: bytes.length === 0 ? NOTHING : bytes,
    type: toNativeType(dtype),
    num_dims: shape.length,
    host_buffer_semantics: HOST_BUFFER_SEMANTICS.kImmutableOnlyDuringCall,
    device,
  })
  if (shape.length > 0) args.set('dims', BigInt64Array.from(shape, BigInt))
  client.library.invoke('PJRT_Client_BufferFromHostBuffer', args)
  // With these semantics XLA has copied the data when the call returns: nobody needs to wait for the event.
  new PjrtEvent(client.library, args.address('done_with_host_buffer')).discard()
  return args.address('buffer')
}
