import type { z } from 'zod'
import { clip, closest } from './diagnostic.ts'

/** One thing wrong with a value that a schema read, in Diptych's words. */
export interface Finding {
  readonly path: readonly (string | number)[]
  readonly kind: 'unknown key' | 'missing' | 'bad key' | 'bad form' | 'bad value'
  readonly message: string
  readonly hint?: string
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list […]',
  tuple: 'a list […]',
  object: 'an object {…}',
  record: 'an object {…}',
}

/** What a schema found wrong with `input`, one finding a place. */
export function explainIssues(issues: readonly z.core.$ZodIssue[], input: unknown): Finding[] {
  const found = new Map<string, Finding>()
  // A number beyond the safe integers is also beyond the bound of its own that the person knows.
  const unsafe = (issue: z.core.$ZodIssue) => Number('note' in issue && issue.code === 'too_big')
  const ordered = [...issues].sort((a, b) => unsafe(a) - unsafe(b))
  for (const finding of ordered.flatMap(issue => explain(issue, input))) {
    const key = JSON.stringify(finding.path)
    if (!found.has(key)) found.set(key, finding)
  }
  return withoutEchoes([...found.values()])
}

/** A misspelt key is one fault: the key that it was meant to be is not also missing. */
function withoutEchoes(findings: readonly Finding[]): Finding[] {
  const parent = (f: Finding) => JSON.stringify(f.path.slice(0, -1))
  const last = (f: Finding) => String(f.path.at(-1))
  const missing = findings.filter(f => f.kind === 'missing')
  const meant = findings
    .filter(f => f.kind === 'unknown key' && missing.length)
    .map(f => {
      const beside = missing.filter(m => parent(m) === parent(f))
      const key = closest(last(f), beside.map(last))
      return beside.find(m => last(m) === key)
    })
  return findings.filter(f => !meant.includes(f))
}

function explain(issue: z.core.$ZodIssue, input: unknown): Finding[] {
  const path = issue.path.map(step => (typeof step === 'number' ? step : String(step)))
  const value = valueAt(input, path)
  const kind = value === undefined ? 'missing' : 'bad value'
  const bad = (message: string, hint?: string): Finding[] => [{ path, kind, message, hint }]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => ({
        path: [...path, key],
        kind: 'unknown key',
        message: `unknown key "${clip(key)}"`,
      }))
    case 'invalid_key': {
      const why = issue.issues[0]?.message ?? 'it is malformed'
      return [
        { path, kind: 'bad key', message: `"${clip(String(path.at(-1)))}" can't be a name here: ${why}` },
      ]
    }
    case 'invalid_union':
      return explainUnion(issue, path, value)
    case 'invalid_type':
      return bad(wanted(nounOf(issue), value))
    case 'invalid_value': {
      const options = issue.values.filter(v => typeof v === 'string')
      const near = typeof value === 'string' ? closest(value, options) : undefined
      return bad(
        wanted(issue.values.map(v => JSON.stringify(v)).join(' or '), value),
        near && `Did you mean "${near}"?`,
      )
    }
    case 'too_small':
      if (issue.origin === 'string') return bad('it must not be empty')
      if (issue.origin === 'array') return bad(itemCount(value, 'at least', issue.minimum))
      return bad(
        `${show(value)} is too small: it must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`,
      )
    case 'too_big':
      if (issue.origin === 'array') return bad(itemCount(value, 'at most', issue.maximum))
      return bad(
        `${show(value)} is too large: it must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`,
      )
    case 'invalid_format':
      return [{ path, kind: 'bad form', message: `${show(value)} ${issue.message}` }]
    case 'custom':
      return bad(issue.message)
    default:
      return bad(`${show(value)} is not allowed here`)
  }
}

/** Of the alternatives, the one that the value came closest to: whose faults lie deepest inside it. */
function explainUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly (string | number)[],
  value: unknown,
): Finding[] {
  if (issue.errors.length === 0) {
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : []
    return [
      {
        path,
        kind: value === undefined ? 'missing' : 'bad value',
        message: wanted(options.map(o => JSON.stringify(o)).join(' or '), value),
      },
    ]
  }
  const depth = (branch: readonly z.core.$ZodIssue[]) => Math.max(...branch.map(i => i.path.length))
  const deepest = Math.max(...issue.errors.map(depth))
  if (deepest === 0) {
    const nouns = issue.errors.flatMap(([i]) => (i?.code === 'invalid_type' ? [nounOf(i)] : []))
    const what = hasDefaultMessage(issue) ? nouns.join(' or ') : issue.message
    return [{ path, kind: value === undefined ? 'missing' : 'bad value', message: wanted(what, value) }]
  }
  const branch = issue.errors.find(errors => depth(errors) === deepest)!
  return explainIssues(branch, value).map(f => ({ ...f, path: [...path, ...f.path] }))
}

/** A schema may name in its `error` what it wants, as a noun. */
const nounOf = (issue: z.core.$ZodIssueInvalidType): string =>
  hasDefaultMessage(issue) ? (NOUNS[issue.expected] ?? 'another kind of value') : issue.message

const hasDefaultMessage = (issue: z.core.$ZodIssue): boolean => issue.message.startsWith('Invalid input')

const wanted = (what: string, value: unknown): string =>
  value === undefined ? `it is missing; it must be ${what}` : `it must be ${what}, not ${show(value)}`

const itemCount = (value: unknown, bound: string, n: number | bigint): string =>
  `it has ${count(Array.isArray(value) ? value.length : 0)}; it must have ${bound} ${n}`

const count = (n: number): string => (n === 1 ? '1 item' : `${n} items`)

function valueAt(input: unknown, path: readonly (string | number)[]): unknown {
  let at = input
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string | number, unknown>)[step]
  }
  return at
}

/** A value as the file writes it, cut short. */
const show = (value: unknown): string =>
  typeof value === 'number' ? String(value) : clip(JSON.stringify(value) ?? 'nothing', 40)
