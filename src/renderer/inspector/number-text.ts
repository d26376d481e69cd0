import { isBound, type ParamSchema, rangeText } from '../../graph/param-schema.ts'

/** What a typed text means: a number, or why it is none. */
export type NumberReading =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly why: string }

/**
 * Reads a number as people type it: `128`, `.5`, `1e-3`, `3E-4`, `1_000`, `1,000`. A number that is out of range is
 * still a number: it is kept, and the checker says on the field what is wrong with it.
 */
export function readNumber(text: string, integer: boolean): NumberReading {
  const plain = text.trim().replace(/^\+/, '').replace(/−/g, '-')
  const kind = integer ? 'a whole number, such as 128' : 'a number, such as 0.1 or 1e-3'
  if (plain === '') return { ok: false, why: `type ${kind}` }
  // Thousands apart; `0,5` is not one of these.
  const joined = /^-?[1-9]\d{0,2}([,_ ]\d{3})+(\.\d+)?$/.test(plain) ? plain.replace(/[,_ ]/g, '') : plain
  if (/^-?\d*,\d+(e[+-]?\d+)?$/i.test(joined))
    return { ok: false, why: `write ${joined.replace(',', '.')}, with a point` }
  if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(joined)) return { ok: false, why: `not ${kind}` }
  const value = Number(joined)
  if (!Number.isFinite(value)) return { ok: false, why: 'too large for a number' }
  if (integer && !Number.isInteger(value)) return { ok: false, why: `not ${kind}` }
  return { ok: true, value: value === 0 ? 0 : value }
}

/** The same where nothing looks at the number afterwards: one that is out of range is not taken. */
export function readWithin(text: string, integer: boolean, schema: ParamSchema): NumberReading {
  const reading = readNumber(text, integer)
  if (!reading.ok) return reading
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema
  if (reading.value >= minimum && reading.value <= maximum) return reading
  return { ok: false, why: `out of range: ${rangeText(schema)}` }
}

/** A number in a field: exactly what it is, small ones and large ones in powers of ten. */
export function numberText(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e15)) return value.toExponential()
  return String(value)
}

/**
 * The next value up or down: whole numbers by 1, others by a tenth of their size, so that both 0.0003 and 30 move
 * sensibly; `large`: by ten times that. It stays within the range.
 */
export function stepNumber(
  value: number,
  direction: 1 | -1,
  schema: ParamSchema,
  integer: boolean,
  large: boolean,
): number {
  const size = Math.abs(value)
  const natural = integer ? 1 : size === 0 ? 0.1 : 10 ** Math.floor(Math.log10(size) + 1e-9) / 10
  const next = value + direction * natural * (large ? 10 : 1)
  const rounded = integer ? Math.round(next) : Number(next.toPrecision(12))
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  if (isBound(minimum) && rounded < minimum) return minimum
  if (isBound(maximum) && rounded > maximum) return maximum
  if (isBound(exclusiveMinimum) && rounded <= exclusiveMinimum) return value
  if (isBound(exclusiveMaximum) && rounded >= exclusiveMaximum) return value
  return rounded
}
