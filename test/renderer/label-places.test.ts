import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LabelWish, placeLabels, type Rect } from '../../src/renderer/canvas/label-places.ts'

const FORMS = [
  { form: 'full', width: 120, height: 20 },
  { form: 'brief', width: 80, height: 20 },
  { form: 'shape', width: 50, height: 20 },
] as const

const wish = (id: string, more: Partial<LabelWish> = {}): LabelWish => ({
  id,
  group: id,
  rank: 0,
  points: [[0, 0]],
  standOff: [],
  forms: FORMS,
  ...more,
})

/** Walls on both sides of x = 0. */
const gap = (width: number): Rect[] => [
  { x: -1000 - width / 2, y: -1000, width: 1000, height: 2000 },
  { x: width / 2, y: -1000, width: 1000, height: 2000 },
]

describe('labels of wires', () => {
  test('each is in the longest form that there is room for', () => {
    const formIn = (width: number) => placeLabels([wish('a')], gap(width)).get('a')?.form
    expect([130, 90, 60, 40].map(formIn)).toEqual(['full', 'brief', 'shape', undefined])
  })

  test('along the wire the first free place is taken', () => {
    const points = [
      [0, 0],
      [300, 0],
      [600, 0],
    ] as const
    const taken = [{ x: -10, y: -10, width: 20, height: 20 }]
    expect(placeLabels([wish('a', { points })], taken).get('a')).toEqual({ at: [300, 0], form: 'full' })
  })

  test('of one output one has a label, and another where it is far from that', () => {
    const near = wish('near', { group: 'o', points: [[150, 30]] })
    const far = wish('far', { group: 'o', points: [[400, 0]] })
    expect([...placeLabels([wish('first', { group: 'o' }), near, far], []).keys()]).toEqual(['first', 'far'])
  })

  test('where there is none on the wire, it stands off, with a line to it', () => {
    const wall = [{ x: -500, y: -50, width: 1000, height: 100 }]
    expect(placeLabels([wish('a', { standOff: [FORMS[1]] })], wall).get('a')).toEqual({
      at: [0, 81],
      form: 'brief',
      from: [0, 0],
    })
    expect(placeLabels([wish('a')], wall).size).toBe(0)
  })

  test('none lies on another or on an obstacle, whatever there is', () => {
    const at = fc.tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 600 }))
    const rects = fc.array(
      fc.record({
        x: fc.integer({ min: 0, max: 900 }),
        y: fc.integer({ min: 0, max: 600 }),
        width: fc.integer({ min: 1, max: 300 }),
        height: fc.integer({ min: 1, max: 300 }),
      }),
      { maxLength: 6 },
    )
    const wires = fc.array(fc.tuple(fc.array(at, { minLength: 1, maxLength: 4 }), fc.nat(5), fc.boolean()), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(wires, rects, (given, obstacles) => {
        const wishes = given.map(([points, group, mayStandOff], i) =>
          wish(`w${i}`, { points, group: `g${group}`, standOff: mayStandOff ? FORMS : [] }),
        )
        const placed = [...placeLabels(wishes, obstacles).values()].map(({ at: [x, y], form }) => {
          const { width, height } = FORMS.find(f => f.form === form)!
          return { x: x - width / 2, y: y - height / 2, width, height }
        })
        placed.forEach((rect, i) => {
          for (const other of [...obstacles, ...placed.slice(0, i)]) expect(meet(rect, other)).toBe(false)
        })
      }),
      { numRuns: 200, seed: 5 },
    )
  })
})

const meet = (a: Rect, b: Rect): boolean =>
  Math.max(a.x, b.x) < Math.min(a.x + a.width, b.x + b.width) &&
  Math.max(a.y, b.y) < Math.min(a.y + a.height, b.y + b.height)
