/**
 * Which emoji belong together. Train and test are split by *base*, never by picture, because Unicode draws one idea
 * many times. From the code points of a sequence the base is found thus:
 *
 * 1. Variation selectors (FE0F), skin tones (1F3FB–1F3FF), the gender signs ♀ ♂ after a joiner and the direction
 *    ➡ after a joiner are dropped: the same drawing in other colours, hair or mirrored.
 * 2. A sequence of several people, with or without a heart, a kiss or joined hands, is "couples and families".
 * 3. A profession or activity led by a man, woman or person (👩‍🍳) is the one led by the person (🧑‍🍳).
 * 4. A person with a hair style (👩‍🦰), blond or bearded, is the plain adult.
 * 5. Any other joined sequence belongs to its first emoji: a black cat is a cat, a polar bear a bear, a pirate
 *    flag the black flag.
 * 6. Emoji that are one idea in several genders but have code points of their own (king's children, Santa and Mrs.
 *    Claus, the dancers, the children, the old, the pregnant, the toilets' doors, the handshakes) share a base by the list below.
 *
 * The reader also joins bases whose pictures are the same bytes (the flags of Norway and Bouvet Island).
 * What differs in its content only by degree stays apart: clock faces, moon phases, hearts and squares of other
 * colours, flags that look alike.
 */

const PERSON = '1F9D1'
const COUPLES_AND_FAMILIES = '1F46A'
const JOINER = '200D'

const LEADS: ReadonlySet<string> = new Set(['1F468', '1F469', PERSON])
const CHILDREN: ReadonlySet<string> = new Set(['1F466', '1F467', '1F9D2'])
const HAIR: ReadonlySet<string> = new Set(['1F9B0', '1F9B1', '1F9B2', '1F9B3'])
const TONES = ['1F3FB', '1F3FC', '1F3FD', '1F3FE', '1F3FF']
/** FEMALE SIGN, MALE SIGN, and the arrow that turns a person to the right. */
const DROPPED_AFTER_JOINER: ReadonlySet<string> = new Set(['2640', '2642', '27A1'])

/** Emoji (after the other rules) that share the base on the left. */
const ONE_IDEA: Readonly<Record<string, readonly string[]>> = {
  [PERSON]: ['1F468', '1F469', '1F471', '1F9D4'],
  '1F9D2': ['1F466', '1F467'],
  '1F9D3': ['1F474', '1F475'],
  '1FAC5': ['1F934', '1F478'],
  '1F9D1-200D-1F384': ['1F385', '1F936'],
  '1F483': ['1F57A'],
  '1FAC4': ['1F930', '1FAC3'],
  '1F6BB': ['1F6B9', '1F6BA'],
  // A handshake of two skin tones is written as a left and a right hand.
  '1F91D': ['1FAF1-200D-1FAF2'],
  [COUPLES_AND_FAMILIES]: ['1F46B', '1F46C', '1F46D', '1F48F', '1F491'],
}

const SHARED_BASE: ReadonlyMap<string, string> = new Map(
  Object.entries(ONE_IDEA).flatMap(([base, others]) => others.map(other => [other, base] as const)),
)

const FEMALE: ReadonlySet<string> = new Set(
  '1F469 1F467 1F475 1F478 1F936 1F483 1F930 1F9D5 1F46D 1F6BA 1F931'.split(' '),
)
const MALE: ReadonlySet<string> = new Set('1F468 1F466 1F474 1F934 1F385 1F57A 1FAC3 1F46C 1F6B9'.split(' '))

export type Gender = 'none' | 'female' | 'male'

/** Code points in upper-case hex without FE0F, joined by "-": what the two packages agree on. */
export function emojiKey(hexcode: string): string {
  return hexcode
    .toUpperCase()
    .split('-')
    .filter(point => point !== 'FE0F')
    .join('-')
}

/** The base emoji of a sequence, as the key of its plainest form. Rules: top of this file. */
export function emojiBase(hexcode: string): string {
  const parts = joinedParts(hexcode).filter(
    (part, place) => place === 0 || !DROPPED_AFTER_JOINER.has(part.join('-')),
  )
  const names = parts.map(part => part.join('-'))
  const key = plainKey(names)
  return SHARED_BASE.get(names.join(`-${JOINER}-`)) ?? SHARED_BASE.get(key) ?? key
}

function plainKey(parts: readonly string[]): string {
  const lead = parts[0]!
  if (parts.length === 1) return lead
  if (!LEADS.has(lead)) return lead
  const rest = parts.slice(1)
  if (rest.some(part => LEADS.has(part) || CHILDREN.has(part))) return COUPLES_AND_FAMILIES
  return HAIR.has(rest[0]!) ? PERSON : [PERSON, ...rest].join(`-${JOINER}-`)
}

/** The pieces between joiners, as code points, without variation selectors and skin tones. */
function joinedParts(hexcode: string): string[][] {
  const parts: string[][] = [[]]
  for (const point of emojiKey(hexcode).split('-')) {
    if (point === JOINER) parts.push([])
    else if (!TONES.includes(point)) parts.at(-1)!.push(point)
  }
  // A skin tone by itself is a picture too.
  return parts[0]!.length === 0 ? [emojiKey(hexcode).split('-')] : parts
}

/**
 * The gender that a sequence shows: by its sign, or by its people where all agree. People drawn without one, and
 * groups of several, are "none".
 */
export function emojiGender(hexcode: string): Gender {
  const points = emojiKey(hexcode).split('-')
  const shown = new Set<Gender>()
  for (const [place, point] of points.entries()) {
    const afterJoiner = points[place - 1] === JOINER
    if (FEMALE.has(point) || (afterJoiner && point === '2640')) shown.add('female')
    if (MALE.has(point) || (afterJoiner && point === '2642')) shown.add('male')
    if (point === PERSON) shown.add('none')
  }
  const [only] = shown
  return shown.size === 1 && only ? only : 'none'
}
