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

/** How an array lies on several devices: whole on each, or in equal parts by rows (axis 0), one on each. */
export type Placement = 'replicated' | 'split'

/** Whether an array's rows can be split: there are several devices, and their number divides them. */
export const dividesRows = ({ shape: [rows = 0] }: TensorType, devices: number): boolean =>
  devices > 1 && rows > 0 && rows % devices === 0

/** Bytes that the compiler says one call needs on each device, before the first call. */
export interface MemoryStats {
  readonly argumentBytes: number
  readonly outputBytes: number
  readonly aliasedBytes: number
  readonly temporaryBytes: number
}

/** What the compiler says that one call works, over all devices. */
export interface Cost {
  /** Floating-point operations: of a matrix product, 2 for each multiply and add. */
  readonly flops: number
  /** Bytes read and written by its kernels, each once a kernel. */
  readonly bytesAccessed: number
}

/** The memory that arrays and calls share. */
export interface DeviceMemory {
  readonly totalBytes: number
  readonly availableBytes: number
  /** What it is, for people: `this machine's memory`. */
  readonly what: string
  /** How many of the devices share it: all virtual devices of a processor, else 1. */
  readonly sharedBy: number
}

export interface Executable {
  /**
   * Starts one call. Donated arguments are consumed: their arrays must not be used again.
   * Resolves once the results exist as handles; the device may still be computing them.
   */
  run(args: readonly DeviceArray[]): Promise<DeviceArray[]>
  /** Undefined where the backend can't know. */
  readonly memory: MemoryStats | undefined
  /** Without where the backend can't know. */
  readonly cost?: Cost
  /** True when the executable came from the disk cache. */
  readonly fromCache: boolean
  free(): void
}

export interface CompileOptions {
  /** Indices of arguments whose memory the results may take over; each pairs with a result of its type. */
  readonly donate?: readonly number[]
  /**
   * Indices of arguments whose rows are split over the devices where their number divides them (see
   * `dividesRows`); all others are whole on each device, and so are the results. A program means the same on any
   * number of devices.
   */
  readonly split?: readonly number[]
}

export interface Backend {
  /** `xla` or `reference`. */
  readonly name: string
  /** Changes whenever results could: backend, plugin version, platform, device count. Part of cache keys. */
  readonly fingerprint: string
  compile(program: Program, options?: CompileOptions): Promise<Executable>
  /** How many devices share each program; 1 where it isn't said. */
  readonly deviceCount?: number
  /** Copies a host array to the device, or devices; the host memory may be reused once this returns. */
  upload(array: HostArray, placement?: Placement): DeviceArray
  /** Memory of the device now; undefined where the backend can't know. */
  memory?(): DeviceMemory | undefined
  /** Frees the device. Arrays and executables must have been freed before. */
  close(): void
}
