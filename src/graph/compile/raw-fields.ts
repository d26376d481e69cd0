import { type TensorType, tensor } from '../../ir/types.ts'
import type { Derivation } from '../kit.ts'

/**
 * What the engine uploads for one Batch field: the cheapest form that the compiled step can turn into the
 * wire. Pictures travel as bytes, text as ids with the position of the end-of-text token.
 */
export function rawFields(d: Derivation, rows: number): Readonly<Record<string, TensorType>> {
  switch (d.kind) {
    case 'image':
      return { pixels: tensor('u8', [rows, d.size, d.size, 3]) }
    case 'frames':
      return { pixels: tensor('u8', [rows, d.frames, d.size, d.size, 3]) }
    case 'text':
      return { ids: tensor('s32', [rows, d.length]), eot: tensor('s32', [rows]) }
    case 'float':
      return { values: tensor('f32', [rows]) }
    default:
      return { values: tensor('s32', [rows]) }
  }
}

/** `batch.image/pixels`: the name of a program input. */
export const rawName = (batch: string, port: string, raw: string): string => `${batch}.${port}/${raw}`
