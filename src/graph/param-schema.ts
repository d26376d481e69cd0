import { type NodeDef, z } from './kit.ts'

/** The part of JSON Schema that zod writes for the types that parameters have. */
export interface ParamSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly ParamSchema[]
  readonly items?: ParamSchema
  readonly prefixItems?: readonly ParamSchema[]
  readonly properties?: Readonly<Record<string, ParamSchema>>
  readonly additionalProperties?: ParamSchema | boolean
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly minLength?: number
  readonly minItems?: number
  readonly default?: unknown
  readonly description?: string
}

/** A node's parameters as JSON Schema: what help pages and forms are made from. */
export const paramSchema = (def: NodeDef): ParamSchema =>
  z.toJSONSchema(def.params, { io: 'input', unrepresentable: 'any' }) as ParamSchema

/** True for a parameter that names another node: `{ "$node": id }`. */
export const isNodeRef = (s: ParamSchema): boolean =>
  s.properties?.$node !== undefined && Object.keys(s.properties).length === 1

/** The type of a parameter in words: `integer 1–256`, `list of text`, `cls | mean`. */
export function typeText(s: ParamSchema): string {
  if (s.enum) return s.enum.join(' | ')
  if (s.const !== undefined) return JSON.stringify(s.const)
  if (s.anyOf) return s.anyOf.map(typeText).join(' or ')
  switch (s.type) {
    case 'integer':
    case 'number':
      return [s.type, rangeText(s)].filter(Boolean).join(' ')
    case 'string':
      return 'text'
    case 'array':
      return s.prefixItems
        ? `[${s.prefixItems.map(typeText).join(', ')}]`
        : `list of ${typeText(s.items ?? {})}`
    case 'object':
      if (isNodeRef(s)) return '{"$node": id}'
      if (s.properties) return `{ ${Object.keys(s.properties).join(', ')} }`
      return typeof s.additionalProperties === 'object'
        ? `names to ${typeText(s.additionalProperties)}`
        : 'object'
    default:
      return s.type ?? 'any'
  }
}

/** Whether a bound says something: zod's own bounds of a safe integer don't. */
export const isBound = (x: number | undefined): x is number =>
  x !== undefined && Math.abs(x) < Number.MAX_SAFE_INTEGER

/** `1–256`, `≥ 0`, `> 0, ≤ 16`; empty without bounds. */
export function rangeText(s: ParamSchema): string {
  if (isBound(s.minimum) && isBound(s.maximum)) return `${s.minimum}–${s.maximum}`
  return [
    isBound(s.minimum) ? `≥ ${s.minimum}` : '',
    isBound(s.exclusiveMinimum) ? `> ${s.exclusiveMinimum}` : '',
    isBound(s.maximum) ? `≤ ${s.maximum}` : '',
    isBound(s.exclusiveMaximum) ? `< ${s.exclusiveMaximum}` : '',
  ]
    .filter(Boolean)
    .join(', ')
}
