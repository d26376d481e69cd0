/** Numbers in [0, 1), the same for a seed (Park and Miller's generator). */
export function randomFrom(seed: number): () => number {
  let state = (seed % 0x7ffffffe) + 1
  return () => {
    state = (state * 48271) % 0x7fffffff
    return state / 0x7fffffff
  }
}

type Random = () => number
type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Holder = Json[] | { [key: string]: Json }
interface Place {
  readonly holder: Holder
  readonly key: string
}

export interface Mutation {
  readonly kind: string
  readonly text: string
}

const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)]!

/** Stands in a string for text that JSON.stringify would not write. */
const RAW = /"@raw:([^"]*)@"/g
const raw = (text: string): Json => `@raw:${text}@`

const stringify = (value: Json): string =>
  JSON.stringify(value, null, 2).replace(RAW, (_, text: string) => text)

/** Every place in a document that holds a value. */
function placesIn(value: Json, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return found
  for (const [key, inner] of Object.entries(value)) {
    found.push({ holder: value, key })
    placesIn(inner, found)
  }
  return found
}

const at = ({ holder, key }: Place): Json => (holder as { [key: string]: Json })[key]!

const put = ({ holder, key }: Place, value: Json): void => {
  ;(holder as { [key: string]: Json })[key] = value
}

const deep = (levels: number): Json => raw('['.repeat(levels) + ']'.repeat(levels))

const STRANGE: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  4294967296,
  1e300,
  '',
  'x',
  'Ünïcödé 🦊',
  'a.b.c',
  '@inside',
  '\u0000\u001b[31m\u202e',
  'y'.repeat(5000),
  [],
  [[]],
  {},
  { $node: 'nowhere' },
  { $param: 'nothing' },
  { constructor: 1, toString: 2 },
  raw('1e999'),
  raw('-0'),
  raw('NaN'),
  raw('Infinity'),
  raw('12345678901234567890'),
  raw('undefined'),
  raw("'single'"),
  raw('{ "__proto__": { "type": "note" } }'),
  deep(40),
  deep(5000),
]

/** A name with one letter changed, dropped, doubled or swapped, or in capitals. */
function misspelt(word: string, random: Random): string {
  const i = Math.floor(random() * word.length)
  const head = word.slice(0, i)
  const tail = word.slice(i + 1)
  return pick(
    [
      head + tail,
      `${head}q${tail}`,
      `${head}${word[i]}${word[i]}${tail}`,
      word.toUpperCase(),
      `${word} `,
      `${word}.`,
    ],
    random,
  )
}

type Mutator = (value: Json, random: Random) => string

/** Changes a copy of the document at a random place. */
const changing =
  (
    change: (place: Place, random: Random, root: Json) => void,
    fits: (place: Place) => boolean = () => true,
  ) =>
  (value: Json, random: Random): string => {
    const copy = structuredClone(value)
    const places = placesIn(copy).filter(fits)
    if (places.length) change(pick(places, random), random, copy)
    return stringify(copy)
  }

const isString = (p: Place) => typeof at(p) === 'string'
const inObject = (p: Place) => !Array.isArray(p.holder)

const rename = ({ holder, key }: Place, name: string): void => {
  const object = holder as { [key: string]: Json }
  const entries = Object.entries(object).map(([k, v]) => [k === key ? name : k, v] as const)
  for (const k of Object.keys(object)) delete object[k]
  Object.assign(object, Object.fromEntries(entries))
}

const onText =
  (change: (text: string, random: Random) => string): Mutator =>
  (value, random) =>
    change(stringify(value), random)

const cut = (text: string, random: Random) => Math.floor(random() * text.length)

/** What can go wrong with a file: slips of the hand, other programs, broken disks, and malice. */
const MUTATORS: Readonly<Record<string, Mutator>> = {
  drop: changing(p => {
    if (Array.isArray(p.holder)) p.holder.splice(Number(p.key), 1)
    else delete p.holder[p.key]
  }),
  rename: changing((p, random) => {
    if (p.key) rename(p, misspelt(p.key, random))
  }, inObject),
  'rename to an inherited name': changing((p, random) => {
    rename(p, pick(['constructor', 'toString', '__proto__', 'hasOwnProperty'], random))
  }, inObject),
  misspell: changing((p, random) => {
    const word = at(p) as string
    if (word) put(p, misspelt(word, random))
  }, isString),
  'strange value': changing((p, random) => put(p, pick(STRANGE, random))),
  'strange key': changing((p, random) => {
    const name = pick(['', ' ', 'Ä', '$node', '1', 'x'.repeat(300), 'a\nb', '__proto__', 'params'], random)
    rename(p, name)
  }, inObject),
  'list for object, object for list': changing(
    p => {
      const value = at(p)
      put(p, Array.isArray(value) ? { ...value } : Object.values(value as object))
    },
    p => typeof at(p) === 'object' && at(p) !== null,
  ),
  'number as text, text as number': changing((p, random) => {
    put(p, typeof at(p) === 'number' ? String(at(p)) : Math.floor(random() * 100))
  }),
  'swap two values': changing((p, random, root) => {
    const other = pick(placesIn(root).filter(isString), random)
    const value = at(p)
    put(p, at(other))
    put(other, value)
  }, isString),
  'large or small number': changing(
    (p, random) => put(p, pick([-1e9, 1e9, 0, 0.5, 2 ** 31, Number.MAX_SAFE_INTEGER], random)),
    p => typeof at(p) === 'number',
  ),
  'a key twice': (value, random) => {
    const text = stringify(value)
    const lines = text.split('\n')
    const keyed = lines.flatMap((l, i) => (/^\s*"[^"]+": ("[^"]*"|\d+),$/.test(l) ? [i] : []))
    const i = pick(keyed, random)
    return [...lines.slice(0, i), lines[i]!, ...lines.slice(i)].join('\n')
  },
  truncate: onText((text, random) => text.slice(0, cut(text, random))),
  'lose the beginning': onText((text, random) => text.slice(cut(text, random))),
  'lose a piece': onText((text, random) => {
    const from = cut(text, random)
    return text.slice(0, from) + text.slice(from + Math.ceil(random() * 40))
  }),
  'insert characters': onText((text, random) => {
    const from = cut(text, random)
    const what = pick(
      [',', '}', '{', ']', '"', '\\', '//x', '\u0000', '\uFEFF', '🦊', "'", '\\u12', '\ud800'],
      random,
    )
    return text.slice(0, from) + what + text.slice(from)
  }),
  'random bytes': (_, random) =>
    Array.from({ length: Math.floor(random() * 200) }, () => String.fromCharCode(random() * 256)).join(''),
  'wrong bytes': onText((text, random) => {
    const letters = [...text]
    for (let i = 0; i < 3; i++) letters[cut(text, random)] = String.fromCharCode(random() * 0xffff)
    return letters.join('')
  }),
  'a merge conflict': onText((text, random) => {
    const lines = text.split('\n')
    const i = Math.floor(random() * lines.length)
    return [
      ...lines.slice(0, i),
      '<<<<<<< ours',
      lines[i]!,
      '=======',
      lines[i]!,
      '>>>>>>> theirs',
      ...lines.slice(i + 1),
    ].join('\n')
  }),
  'another kind of file': (_, random) =>
    pick(
      [
        '',
        ' \n\t',
        '\uFEFF',
        'null',
        '7',
        '"diptych-graph"',
        '[]',
        '{}',
        '{ "format": "diptych-graph" }',
        '{ "format": "diptych-graph", "version": 99 }',
        '{ "cells": [], "nbformat": 4 }',
        '<!doctype html><title>404</title>',
        'format: diptych-graph',
        '['.repeat(200_000),
        '{"a":'.repeat(50_000),
        `${']'.repeat(1000)}${'['.repeat(1000)}`,
      ],
      random,
    ),
}

export const MUTATION_KINDS = Object.keys(MUTATORS)

/** A seeded mutation of a document. */
export function mutate(document: unknown, random: Random): Mutation {
  const kind = pick(MUTATION_KINDS, random)
  return { kind, text: MUTATORS[kind]!(document as Json, random) }
}
