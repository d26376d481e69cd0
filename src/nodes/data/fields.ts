import { GraphFault } from '../../graph/diagnostic.ts'
import type { DatasetSchema, Field } from '../../graph/schema.ts'

/** Two schemas that can't become one: why, and what to do. */
const disagree = (message: string, hint: string, field?: string): GraphFault =>
  new GraphFault('DT052', message, { hint, ...(field !== undefined && { field }) })

/** The columns that all datasets have, in the first one's order; those of one name must be of one kind. */
export function concatenatedFields(schemas: readonly DatasetSchema[]): Record<string, Field> {
  const [first, ...rest] = schemas
  const fields: Record<string, Field> = {}
  for (const [name, field] of Object.entries(first?.fields ?? {})) {
    if (!rest.every(s => Object.hasOwn(s.fields, name))) continue
    fields[name] = rest.reduce((merged, s, at) => mergeField(name, merged, s.fields[name]!, at + 2), field)
  }
  if (Object.keys(fields).length === 0)
    throw disagree(
      `the datasets have no column in common: ${schemas.map(columnsOf).join('; ')}`,
      'Give columns that belong together one name with a Map node.',
    )
  return fields
}

function mergeField(name: string, a: Field, b: Field, nth: number): Field {
  if (a.kind === 'text' && b.kind === 'text')
    return { kind: 'text', ...((a.variants || b.variants) && { variants: true }) }
  if (a.kind === 'category' && b.kind === 'category')
    return { kind: 'category', classes: [...new Set([...a.classes, ...b.classes])] }
  if (isNumber(a) && isNumber(b)) return { kind: a.kind === b.kind ? a.kind : 'float' }
  if (a.kind === 'frames' && b.kind === 'frames' && a.frames !== b.frames)
    throw disagree(
      `column "${name}" has ${a.frames} frames a row in dataset 1 and ${b.frames} in dataset ${nth}`,
      'Give all datasets clips of one length.',
    )
  if (a.kind === b.kind) return a
  throw disagree(
    `column "${name}" is ${a.kind} in dataset 1 and ${b.kind} in dataset ${nth}`,
    'Rename it, or make it of one kind, with a Map node.',
  )
}

const isNumber = (f: Field): f is Extract<Field, { kind: 'int' | 'float' }> =>
  f.kind === 'int' || f.kind === 'float'

const isPictures = (f: Field): boolean => f.kind === 'image' || f.kind === 'frames'

/** How a join is made: which columns must be equal, and what becomes of left rows without a match. */
export interface JoinOptions {
  readonly keys: readonly string[]
  readonly kind: 'inner' | 'left'
}

/**
 * The keys and columns of a join: the left ones, then the right ones that are no keys; a right one whose name is taken is
 * called `<name>_right`. In a left join a missing whole number makes its column float.
 */
export function joinedFields(
  left: DatasetSchema,
  right: DatasetSchema,
  { keys: given, kind }: JoinOptions,
): {
  readonly keys: readonly string[]
  readonly fields: Record<string, Field>
  readonly names: Readonly<Record<string, string>>
} {
  const keys = given.length > 0 ? given : commonKeys(left, right)
  for (const key of keys) checkKey(key, left, right)
  const fields: Record<string, Field> = { ...left.fields }
  const names: Record<string, string> = {}
  for (const [name, field] of Object.entries(right.fields)) {
    if (keys.includes(name)) continue
    if (kind === 'left' && isPictures(field))
      throw disagree(
        `column "${name}" of the right dataset holds pictures, and a row without a match would have none`,
        'Use an inner join, or wire the pictures to the left.',
      )
    let free = name
    while (Object.hasOwn(fields, free)) free = `${free}_right`
    names[name] = free
    fields[free] = kind === 'left' && field.kind === 'int' ? { kind: 'float' } : field
  }
  return { keys, fields, names }
}

/** The columns of a natural join. */
function commonKeys(left: DatasetSchema, right: DatasetSchema): string[] {
  const keys = Object.keys(left.fields).filter(
    name => !isPictures(left.fields[name]!) && Object.hasOwn(right.fields, name),
  )
  if (keys.length > 0) return keys
  throw disagree(
    `no column is in both datasets: ${columnsOf(left)}; ${columnsOf(right)}`,
    'Give one the other’s name with a Map node.',
  )
}

function checkKey(key: string, left: DatasetSchema, right: DatasetSchema): void {
  for (const [side, schema] of [
    ['left', left],
    ['right', right],
  ] as const)
    if (!Object.hasOwn(schema.fields, key))
      throw disagree(`the ${side} dataset has no column "${key}"`, `It has ${columnsOf(schema)}.`)
  const a = left.fields[key]!
  const b = right.fields[key]!
  const alike = a.kind === b.kind || (isNumber(a) && isNumber(b)) || (isWord(a) && isWord(b))
  if (!alike)
    throw disagree(
      `column "${key}" is ${a.kind} on the left and ${b.kind} on the right`,
      'Make it of one kind with a Map node.',
    )
}

const isWord = (f: Field): boolean => f.kind === 'text' || f.kind === 'category'

const columnsOf = (s: DatasetSchema): string => Object.keys(s.fields).join(', ')
