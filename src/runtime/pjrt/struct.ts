import { STRUCTS } from './layouts.ts'
import { addressOf, type Memory } from './native.ts'

export type StructName = keyof typeof STRUCTS
export type FieldName<N extends StructName> = keyof (typeof STRUCTS)[N]['fields'] & string

/** A member's value: a number or address, or memory that the member shall point at. */
export type FieldValue = number | bigint | Memory | Struct<StructName>
export type Fields<N extends StructName> = { readonly [F in FieldName<N>]?: FieldValue }

interface Layout {
  readonly size: number
  readonly fields: Record<
    string,
    { readonly kind: 'ptr' | 'u64' | 's64' | 's32' | 'u8'; readonly offset: number }
  >
}

/**
 * One C struct in memory of its own, all zero but for `struct_size`. It keeps the memory that its members point
 * at alive, so holding the struct is enough while native code works on it.
 */
export class Struct<out N extends StructName> {
  readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly layout: Layout
  private readonly kept = new Map<string, unknown>()

  constructor(name: N, fields: Fields<N> = {}) {
    this.layout = STRUCTS[name]
    // Whole words: the members of an array of structs must be aligned.
    this.bytes = new Uint8Array(new ArrayBuffer(Math.ceil(this.layout.size / 8) * 8))
    this.view = new DataView(this.bytes.buffer)
    this.view.setBigUint64(0, BigInt(this.layout.size), true)
    for (const key in fields) this.set(key as FieldName<N>, fields[key as FieldName<N>] as FieldValue)
  }

  set(field: string, value: FieldValue): void {
    const { kind, offset } = this.member(field)
    let word: number | bigint
    if (typeof value === 'object') {
      word = addressOf(value instanceof Struct ? value.bytes : value)
      this.kept.set(field, value)
    } else {
      word = value
    }
    if (kind === 's32') this.view.setInt32(offset, Number(word), true)
    else if (kind === 'u8') this.view.setUint8(offset, Number(word))
    else this.view.setBigInt64(offset, BigInt.asIntN(64, BigInt(word)), true)
  }

  /** An address, or a handle: they are the same thing in this API. */
  address(field: FieldName<N>): bigint {
    return this.view.getBigUint64(this.member(field).offset, true)
  }

  number(field: FieldName<N>): number {
    const { kind, offset } = this.member(field)
    if (kind === 's32') return this.view.getInt32(offset, true)
    if (kind === 'u8') return this.view.getUint8(offset)
    return Number(this.view.getBigInt64(offset, true))
  }

  private member(field: string) {
    const member = this.layout.fields[field]
    if (!member) throw new Error(`the struct has no member ${field}`)
    return member
  }
}

const members = new WeakMap<Uint8Array, readonly Struct<StructName>[]>()

/**
 * Structs one after the other, as C passes an array of them. The array keeps alive what its structs point at.
 */
export function structArray<N extends StructName>(structs: readonly Struct<N>[]): Uint8Array {
  const size = structs[0]?.bytes.length ?? 0
  const out = new Uint8Array(new ArrayBuffer(size * structs.length))
  structs.forEach((s, i) => {
    out.set(s.bytes, i * size)
  })
  members.set(out, structs)
  return out
}
