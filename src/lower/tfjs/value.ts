import type { Tensor } from '@tensorflow/tfjs-core'
import type { HostData, TfjsRef } from '../../ir/primitive.ts'
import { elementCount, sameShape, type TensorType } from '../../ir/types.ts'

export interface Held {
  /** The shape of what is held: the type's, or with 1 for an axis along which everything repeats. */
  readonly stored?: readonly number[]
  readonly host?: HostData
  readonly device?: Tensor
  /** False where bf16 numbers still have float32's precision. */
  readonly exact?: boolean
}

/** A tensor with its owners: its memory is freed when the last of them lets it go. */
export class Value implements TfjsRef {
  readonly type: TensorType
  readonly stored: readonly number[]
  readonly exact: boolean
  host: HostData | undefined
  device: Tensor | undefined
  private owners = 0

  constructor(type: TensorType, held: Held) {
    this.type = type
    this.stored = held.stored ?? type.shape
    this.host = held.host
    this.device = held.device
    this.exact = held.exact ?? true
  }

  /** Whether nothing is held once for many places. */
  get whole(): boolean {
    return sameShape(this.stored, this.type.shape)
  }

  get storedCount(): number {
    return elementCount(this.stored)
  }

  retain(): void {
    this.owners++
  }

  release(): void {
    if (--this.owners > 0) return
    this.device?.dispose()
    this.device = undefined
    this.host = undefined
  }
}
