import { InvalidArgumentError } from 'commander'
import { parseSize } from './render/format.ts'

// What commander calls to read the values of options.

export const collect = (value: string, before: readonly string[]): string[] => [...before, value]

/** `0,1,2` */
export function seeds(text: string): number[] {
  const read = integer(0, 0xffffffff)
  return text.split(',').map(read)
}

/** Words between commas. */
export const names = (text: string): string[] => text.split(',').filter(Boolean)

export const integer =
  (least: number, most: number) =>
  (text: string): number => {
    const n = Number(text)
    if (!/^\d+$/.test(text) || n < least || n > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return n
  }

export function size(text: string): number {
  const bytes = parseSize(text)
  if (bytes === undefined) throw new InvalidArgumentError('Write a size such as 500MB or 5GB.')
  return bytes
}

export function finite(text: string): number {
  const x = Number(text)
  if (text.trim() === '' || !Number.isFinite(x)) throw new InvalidArgumentError('It must be a number.')
  return x
}
