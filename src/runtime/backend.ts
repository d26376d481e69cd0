import type { Program } from '../ir/program.ts'
import type { TensorType } from '../ir/types.ts'

/** A tensor in host memory: little-endian, row-major bytes (`bool` is one byte, `bf16` two). */
export interface HostArray {
  readonly type: TensorType
  readonly bytes: Uint8Array
}

/** A tensor owned by a backend. After `free` (or donation) every use throws. */
export interface DeviceArray {
  readonly type: TensorType
  /** Copies the value to the host, waiting for the computation that makes it. */
  toHost(): Promise<HostArray>
  free(): void
}

/** Bytes that the compiler says one call needs, before the first call. */
export interface MemoryStats {
  readonly argumentBytes: number
  readonly outputBytes: number
  readonly aliasedBytes: number
  readonly temporaryBytes: number
}

export interface Executable {
  /**
   * Starts one call. Donated arguments are consumed: their arrays must not be used again.
   * Resolves once the results exist as handles; the device may still be computing them.
   */
  run(args: readonly DeviceArray[]): Promise<DeviceArray[]>
  /** Undefined where the backend can't know. */
  readonly memory: MemoryStats | undefined
  /** True when the executable came from the disk cache. */
  readonly fromCache: boolean
  free(): void
}

export interface CompileOptions {
  /** Indices of arguments whose memory the results may take over; each pairs with a result of its type. */
  readonly donate?: readonly number[]
}

export interface Backend {
  /** `xla` or `reference`. */
  readonly name: string
  /** Changes whenever results could: backend, plugin version, platform, device count. Part of cache keys. */
  readonly fingerprint: string
  compile(program: Program, options?: CompileOptions): Promise<Executable>
  /** Copies a host array to the device; the host memory may be reused once this returns. */
  upload(array: HostArray): DeviceArray
  /** Frees the device. Arrays and executables must have been freed before. */
  close(): void
}
