import type { TfjsRef } from '../../ir/primitive.ts'
import type { TensorType } from '../../ir/types.ts'
import { type Held, Value } from './value.ts'

/** Who owns what is made: it belongs to the innermost frame and is freed with it. */
export class Frames {
  private frame: Value[] = []

  /** Runs `body` in a frame of its own; its results are owned by the caller. */
  framed(body: () => readonly TfjsRef[]): readonly Value[] {
    const outer = this.frame
    this.frame = []
    try {
      const results = body() as readonly Value[]
      for (const v of results) v.retain()
      return results
    } finally {
      for (const v of this.frame) v.release()
      this.frame = outer
    }
  }

  make(type: TensorType, held: Held): Value {
    return this.adopt([new Value(type, held)])[0]!
  }

  private adopt(values: readonly Value[]): readonly Value[] {
    for (const v of values) v.retain()
    this.frame.push(...values)
    return values
  }

  step(before: readonly TfjsRef[], body: () => readonly TfjsRef[]): readonly TfjsRef[] {
    const results = this.owned(this.framed(body))
    for (const v of before) {
      const at = this.frame.lastIndexOf(v as Value)
      if (at < 0) continue
      this.frame.splice(at, 1)
      ;(v as Value).release()
    }
    return results
  }

  /** Takes over values that have this frame as an owner already. */
  protected owned(values: readonly Value[]): readonly Value[] {
    this.frame.push(...values)
    return values
  }
}
