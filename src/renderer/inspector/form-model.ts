import type { Diagnostic } from '../../graph/diagnostic.ts'
import type { ParamJson } from '../../graph/document.ts'
import type { NodeDef } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'
import { isNodeRef, type ParamSchema, paramSchema, rangeText } from '../../graph/param-schema.ts'

/** How a parameter is edited. */
export type Widget =
  | { readonly kind: 'number'; readonly schema: ParamSchema; readonly integer: boolean }
  | { readonly kind: 'switch' }
  /** Yes, no, or neither. */
  | { readonly kind: 'maybe' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'text'; readonly path: boolean }
  | { readonly kind: 'markdown' }
  /** An ordered list of texts. */
  | { readonly kind: 'texts' }
  /** An ordered list of numbers. */
  | { readonly kind: 'numbers'; readonly schema: ParamSchema }
  /** An ordered list of entries with several settings each. */
  | { readonly kind: 'objects'; readonly schema: ParamSchema }
  /** Any other node, by its id. */
  | { readonly kind: 'nodeId' }
  /** Names, each with a list of texts. */
  | { readonly kind: 'names' }
  /** Names, each with one of some choices. */
  | { readonly kind: 'choices'; readonly options: readonly string[] }
  /** Some numbers in a row, such as one for each colour. */
  | { readonly kind: 'tuple'; readonly schemas: readonly ParamSchema[] }
  /** Another node of the same type. */
  | { readonly kind: 'node' }
  /** What no widget is for, or a value that its widget can't show: as JSON. */
  | { readonly kind: 'json' }

export interface FormField {
  readonly name: string
  readonly label: string
  readonly help: string
  /** `1–256`, `> 0`; empty where anything goes. */
  readonly range: string
  readonly widget: Widget
  /** The file says a value, rather than leaving the default. */
  readonly isSet: boolean
  /** As the file has it, or the default; undefined where there is neither. */
  readonly value: unknown
  readonly default: unknown
  readonly required: boolean
  readonly faults: readonly Diagnostic[]
}

/** Folders and files are shown as paths. */
const PATHS = new Set(['path', 'file', 'folder'])

/** The form of a node: a field for each parameter of its schema, and for each that the schema doesn't know. */
export function formFields(
  def: NodeDef | undefined,
  params: ParamJson,
  faults: readonly Diagnostic[] = [],
): FormField[] {
  const schema = def ? schemaOf(def) : {}
  const known = knownFields(schema, params, def?.kind === 'note', faults)
  const strangers = Object.keys(params).filter(name => !own(schema.properties ?? {}, name))
  // What should not be there comes first: it is what has to be looked at.
  return [...strangers.map(stranger), ...known]

  function stranger(name: string): FormField {
    return {
      name,
      label: name,
      help: def ? 'This node has no such parameter.' : '',
      range: '',
      widget: { kind: 'json' },
      isSet: true,
      value: params[name],
      default: undefined,
      required: false,
      faults: faultsOf(name, faults),
    }
  }
}

/** A field for each property of an object's schema. */
export function knownFields(
  schema: ParamSchema,
  values: ParamJson,
  isNote = false,
  faults: readonly Diagnostic[] = [],
): FormField[] {
  return Object.entries(schema.properties ?? {}).map(([name, s]): FormField => {
    const isSet = Object.hasOwn(values, name)
    const value = isSet ? values[name] : s.default
    const widget = widgetOf(isNote, name, s)
    return {
      name,
      label: labelOf(name),
      help: s.description ?? '',
      range: rangeText(s),
      widget: value === undefined || fits(widget, value) ? widget : { kind: 'json' },
      isSet,
      value,
      default: s.default,
      required: schema.required?.includes(name) ?? false,
      faults: faultsOf(name, faults),
    }
  })
}

const schemas = new WeakMap<NodeDef, ParamSchema>()

/** Made once a node type. */
function schemaOf(def: NodeDef): ParamSchema {
  const made = schemas.get(def) ?? paramSchema(def)
  schemas.set(def, made)
  return made
}

function widgetOf(isNote: boolean, name: string, s: ParamSchema): Widget {
  if (isNodeRef(s)) return { kind: 'node' }
  if (s.enum?.every(v => typeof v === 'string')) return { kind: 'choice', options: s.enum as string[] }
  switch (s.type) {
    case 'integer':
    case 'number':
      return { kind: 'number', schema: s, integer: s.type === 'integer' }
    case 'boolean':
      return { kind: s.default === undefined ? 'maybe' : 'switch' }
    case 'string':
      if (name === '$node') return { kind: 'nodeId' }
      return isNote ? { kind: 'markdown' } : { kind: 'text', path: PATHS.has(name) }
    case 'array':
      if (s.prefixItems?.every(isNumber)) return { kind: 'tuple', schemas: s.prefixItems }
      if (s.items && isNumber(s.items)) return { kind: 'numbers', schema: s.items }
      if (s.items?.properties && !isNodeRef(s.items)) return { kind: 'objects', schema: s.items }
      return s.items?.type === 'string' ? { kind: 'texts' } : { kind: 'json' }
    case 'object': {
      const inner = s.additionalProperties
      if (typeof inner === 'object' && inner.enum?.every(v => typeof v === 'string'))
        return { kind: 'choices', options: inner.enum as string[] }
      const isNames = typeof inner === 'object' && inner.type === 'array' && inner.items?.type === 'string'
      return { kind: isNames ? 'names' : 'json' }
    }
    default:
      return { kind: 'json' }
  }
}

const isNumber = (s: ParamSchema): boolean => s.type === 'number' || s.type === 'integer'
const isObject = (v: unknown): v is object => typeof v === 'object' && v !== null && !Array.isArray(v)
const isTexts = (v: unknown): v is string[] => Array.isArray(v) && v.every(t => typeof t === 'string')

/** Whether the widget can show the value, so that opening a form never hides what a file says. */
function fits(widget: Widget, value: unknown): boolean {
  switch (widget.kind) {
    case 'number':
      return typeof value === 'number'
    case 'switch':
    case 'maybe':
      return typeof value === 'boolean'
    case 'choice':
    case 'text':
    case 'markdown':
      return typeof value === 'string'
    case 'texts':
      return isTexts(value)
    case 'nodeId':
      return typeof value === 'string'
    case 'objects':
      return (
        Array.isArray(value) && value.every(v => typeof v === 'object' && v !== null && !Array.isArray(v))
      )
    case 'numbers':
      return Array.isArray(value) && value.every(v => typeof v === 'number')
    case 'names':
      return isObject(value) && Object.values(value).every(isTexts)
    case 'choices':
      return isObject(value) && Object.values(value).every(v => typeof v === 'string')
    case 'tuple':
      return (
        Array.isArray(value) &&
        value.length === widget.schemas.length &&
        value.every(v => typeof v === 'number')
      )
    case 'node':
      return (
        typeof value === 'object' && value !== null && '$node' in value && typeof value.$node === 'string'
      )
    case 'json':
      return true
  }
}

/** Faults of the parameter, or of something inside it. */
const faultsOf = (name: string, faults: readonly Diagnostic[]): Diagnostic[] =>
  faults.filter(d => d.field === `params.${name}` || d.field?.startsWith(`params.${name}.`))

/** Faults of a node that no field and no port shows. */
export const otherFaults = (faults: readonly Diagnostic[], fields: readonly FormField[]): Diagnostic[] => {
  const shown = new Set(fields.flatMap(f => f.faults))
  return faults.filter(d => !shown.has(d))
}

/** `imageSize` is `Image size`, `mlpRatio` is `MLP ratio`. */
export function labelOf(name: string): string {
  const text = name
    .replace('$', '')
    .replace(/([a-z])([A-Z0-9])/g, '$1 $2')
    .toLowerCase()
    .replace(/\b(mlp|id|url)\b/g, word => word.toUpperCase())
  return text.charAt(0).toUpperCase() + text.slice(1)
}
