import koffi from 'koffi'
import { NAMED_VALUE_TYPE } from './enums.ts'
import { STRUCTS } from './layouts.ts'
import { readText, readWords, utf8 } from './native.ts'
import { Struct } from './struct.ts'

/** A bigint is a C int64, a number a C float. */
export type NamedValue = string | bigint | readonly bigint[] | number | boolean

/** One option of a plugin's client: a `PJRT_NamedValue`. */
export function namedValue(name: string, value: NamedValue): Struct<'PJRT_NamedValue'> {
  const text = utf8(name)
  const of = (type: number, size: number, held: bigint | Uint8Array | BigInt64Array) =>
    new Struct('PJRT_NamedValue', { name: text, name_size: text.length, type, value: held, value_size: size })
  if (typeof value === 'string') {
    const bytes = utf8(value)
    return of(NAMED_VALUE_TYPE.kString, bytes.length, bytes)
  }
  if (typeof value === 'bigint') return of(NAMED_VALUE_TYPE.kInt64, 1, value)
  if (typeof value === 'boolean') return of(NAMED_VALUE_TYPE.kBool, 1, value ? 1n : 0n)
  if (typeof value === 'number')
    return of(NAMED_VALUE_TYPE.kFloat, 1, BigInt(new Uint32Array(Float32Array.of(value).buffer)[0]!))
  return of(NAMED_VALUE_TYPE.kInt64List, value.length, BigInt64Array.from(value))
}

/** Reads an array of `PJRT_NamedValue` that the plugin owns; numbers of any kind as numbers. */
export function readNamedValues(
  address: bigint,
  count: number,
): Map<string, string | number | boolean | readonly number[]> {
  const { size, fields } = STRUCTS.PJRT_NamedValue
  const values = new Map<string, string | number | boolean | readonly number[]>()
  for (let i = 0; i < count; i++) {
    const at = address + BigInt(i * size)
    const word = (field: keyof typeof fields) => readWords(at + BigInt(fields[field].offset), 1)[0]!
    const scalar = (type: string) => koffi.decode(at + BigInt(fields.value.offset), type) as number
    const length = Number(word('value_size'))
    const value = () => {
      switch (koffi.decode(at + BigInt(fields.type.offset), 'int32') as number) {
        case NAMED_VALUE_TYPE.kString:
          return readText(word('value'), length)
        case NAMED_VALUE_TYPE.kInt64:
          return Number(scalar('int64'))
        case NAMED_VALUE_TYPE.kFloat:
          return scalar('float')
        case NAMED_VALUE_TYPE.kBool:
          return scalar('uint8') !== 0
        default:
          return readWords(word('value'), length).map(w => Number(BigInt.asIntN(64, w)))
      }
    }
    values.set(readText(word('name'), Number(word('name_size'))), value())
  }
  return values
}
