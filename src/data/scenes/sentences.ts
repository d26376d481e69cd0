import type { Claim, Thing } from './claims.ts'
import type { Relation } from './relations.ts'
import type { Background, Shape } from './vocabulary.ts'

/** Other names of shapes that people use, the first the plainest. */
const SHAPE_WORDS: Readonly<Record<Shape, readonly string[]>> = {
  circle: ['circle', 'disc'],
  square: ['square', 'box'],
  triangle: ['triangle'],
  diamond: ['diamond', 'rhombus'],
  pentagon: ['pentagon'],
  hexagon: ['hexagon'],
  star: ['star'],
  heart: ['heart'],
  cross: ['cross', 'plus'],
  ring: ['ring', 'hoop'],
}

const GROUND_WORDS: Readonly<Record<Background, string>> = {
  sky: 'in the sky',
  paper: 'on paper',
  grass: 'on grass',
  sand: 'on sand',
  night: 'at night',
  tiles: 'on tiles',
  wood: 'on wood',
  slate: 'on slate',
}

const RELATION_WORDS: Readonly<Record<Relation, readonly string[]>> = {
  'left of': ['to the left of', 'on the left of'],
  'right of': ['to the right of', 'on the right of'],
  above: ['above', 'higher than'],
  below: ['below', 'lower than'],
}

/**
 * How a sentence is put: the same numbers give the same wording, whatever fills its slots, so a claim and its
 * negative differ in the slots alone.
 */
export interface Wording {
  readonly template: number
  readonly words: number
}

export const PLAIN: Wording = { template: 0, words: 0 }

/** `large striped red circle`, without an article. */
export function noun(thing: Thing, words = 0): string {
  const names = SHAPE_WORDS[thing.shape]
  const parts = [thing.size, thing.texture, thing.colour, names[words % names.length]]
  return parts.filter(part => part !== undefined).join(' ')
}

/** With the indefinite article. */
export function aNoun(thing: Thing, words = 0): string {
  const text = noun(thing, words)
  return `${/^[aeiou]/.test(text) ? 'an' : 'a'} ${text}`
}

export const relationWords = (relation: Relation, words = 0): string =>
  RELATION_WORDS[relation][words % RELATION_WORDS[relation].length]!

export const groundWords = (ground: Background): string => GROUND_WORDS[ground]

type Said<K extends Claim['kind']> = (claim: Extract<Claim, { kind: K }>, words: number) => string

const ground = (claim: { readonly ground?: Background }): string =>
  claim.ground ? ` ${groundWords(claim.ground)}` : ''

/** The wordings of each kind of claim, the plainest first. */
const TEMPLATES: { readonly [K in Claim['kind']]: readonly Said<K>[] } = {
  thing: [
    (c, w) => `${aNoun(c.thing, w)}${c.place ? ` at the ${c.place}` : ''}${ground(c)}`,
    (c, w) => `there is ${aNoun(c.thing, w)}${c.place ? ` at the ${c.place}` : ''}${ground(c)}`,
    (c, w) => `a picture of ${aNoun(c.thing, w)}${c.place ? ` at the ${c.place}` : ''}${ground(c)}`,
  ],
  both: [
    (c, w) => `${aNoun(c.a, w)} and ${aNoun(c.b, w)}${ground(c)}`,
    (c, w) => `there are ${aNoun(c.a, w)} and ${aNoun(c.b, w)}${ground(c)}`,
    (c, w) => `${aNoun(c.a, w)} together with ${aNoun(c.b, w)}${ground(c)}`,
  ],
  relation: [
    (c, w) => `${aNoun(c.a, w)} ${relationWords(c.relation, w)} ${aNoun(c.b, w)}${ground(c)}`,
    (c, w) => `there is ${aNoun(c.a, w)} ${relationWords(c.relation, w)} ${aNoun(c.b, w)}${ground(c)}`,
    (c, w) => `${aNoun(c.a, w)}, ${relationWords(c.relation, w)} ${aNoun(c.b, w)}${ground(c)}`,
  ],
  absence: [
    (c, w) => `there is ${aNoun(c.there, w)} but no ${noun(c.absent, w)}`,
    (c, w) => `${aNoun(c.there, w)} and no ${noun(c.absent, w)}`,
  ],
}

/** The sentence of a claim. */
export function say(claim: Claim, { template, words }: Wording = PLAIN): string {
  const templates = TEMPLATES[claim.kind] as readonly ((c: Claim, words: number) => string)[]
  return templates[template % templates.length]!(claim, words)
}
