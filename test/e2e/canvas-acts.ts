import type { Page } from '@playwright/test'

interface Point {
  readonly x: number
  readonly y: number
}

/** Moves of the mouse in one direction. */
const MOVES = 24
const TURNS = 10
const TURN_MS = 25

/** The middle of the canvas. */
const middleOf = (page: Page): Promise<Point> =>
  page.evaluate(() => {
    const { x, y, width, height } = document.querySelector('.react-flow')!.getBoundingClientRect()
    return { x: x + width / 2, y: y + height / 2 }
  })

/** A place on the card that is nearest to the middle, where it can be taken hold of. */
const cardAt = (page: Page, { x, y }: Point): Promise<Point> =>
  page.evaluate(
    ([x, y]) => {
      const places = [...document.querySelectorAll('.react-flow__node')].map(node => {
        const box = node.getBoundingClientRect()
        return { x: box.x + box.width / 2, y: box.y + Math.min(box.height / 2, 12) }
      })
      const far = (p: { x: number; y: number }) => Math.hypot(p.x - x, p.y - y)
      return places.reduce((best, place) => (far(place) < far(best) ? place : best))
    },
    [x, y] as const,
  )

/** There and back, so that everything is where it was. */
async function sweep(page: Page, from: Point, by: Point, button: 'left' | 'middle'): Promise<void> {
  await page.mouse.move(from.x, from.y)
  await page.mouse.down({ button })
  for (let k = 1; k <= 2 * MOVES; k++) {
    const far = k <= MOVES ? k : 2 * MOVES - k
    await page.mouse.move(from.x + far * by.x, from.y + far * by.y)
  }
  await page.mouse.up({ button })
}

/** What a hand does to a canvas all day. */
export const ACTS: Readonly<Record<'pan' | 'drag' | 'zoom', (page: Page) => Promise<void>>> = {
  pan: async page => sweep(page, await middleOf(page), { x: 6, y: 3 }, 'middle'),
  drag: async page => sweep(page, await cardAt(page, await middleOf(page)), { x: 4, y: 2 }, 'left'),
  zoom: async page => {
    const { x, y } = await middleOf(page)
    await page.mouse.move(x, y)
    for (let k = 0; k < 2 * TURNS; k++) {
      await page.mouse.wheel(0, k < TURNS ? -120 : 120)
      await page.waitForTimeout(TURN_MS)
    }
  },
}

export interface View {
  readonly x: number
  readonly y: number
  readonly zoom: number
}

export const viewOf = (page: Page): Promise<View> =>
  page.evaluate(() => {
    const moved = getComputedStyle(document.querySelector('.react-flow__viewport')!).transform
    const { e: x, f: y, a: zoom } = new DOMMatrix(moved)
    return { x, y, zoom }
  })

/** Turns the wheel over the middle; the zoom that a canvas comes to depends on nothing else. */
export async function zoomIn(page: Page, turns: number): Promise<void> {
  const { x, y } = await middleOf(page)
  await page.mouse.move(x, y)
  for (let k = 0; k < turns; k++) {
    await page.mouse.wheel(0, -120)
    await page.waitForTimeout(TURN_MS)
  }
  await page.waitForTimeout(400)
}

/** Milliseconds from asking for the page to the frame after which all its cards are there. */
export async function openingOf(page: Page, address: string, cards: number): Promise<number> {
  await page.bringToFront()
  await page.goto(address)
  await page.waitForFunction(
    wanted => document.querySelectorAll('.react-flow__node').length >= wanted,
    cards,
    { polling: 'raf', timeout: 60_000 },
  )
  return page.evaluate(
    () => new Promise<number>(done => requestAnimationFrame(() => requestAnimationFrame(done))),
  )
}
