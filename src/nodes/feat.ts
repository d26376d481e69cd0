import type { Builder, Var } from '../graph/kit.ts'
import { type Dim, type RecordPort, tensorPort } from '../graph/types.ts'

/** Tokens of each row, or of each picture of a row, and which of them are there. */
export const featPort = (lead: readonly Dim[], token: Dim, width: Dim): RecordPort => ({
  kind: 'record',
  record: 'feat',
  fields: { tokens: tensorPort('float', ...lead, token, width), valid: tensorPort('bool', ...lead, token) },
})

/** bool [B, T] for tokens [B, T, D] that are all there. */
export const allValid = (b: Builder, tokens: Var): Var =>
  b.fill({ dtype: 'bool', shape: tokens.type.shape.slice(0, -1) }, 1)
