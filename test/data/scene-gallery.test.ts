import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { encode, layOut, SHEETS } from './scene-gallery.ts'
import { updating } from './updating.ts'

const docs = (name: string) => new URL(`../../docs/${name}`, import.meta.url)

/** Mean difference of two pictures' channels, 0 to 255: what compression leaves, far less than one thing that moved. */
const MOST = 6

test.each(Object.entries(SHEETS))(
  'docs/pictures/scenes-%s.webp is what the program draws (`npm run docs:scenes` draws it anew)',
  async (name, make) => {
    const sheet = make()
    const file = docs(`pictures/scenes-${name}.webp`)
    if (updating()) writeFileSync(file, await encode(sheet))
    expect(existsSync(file), `${file.pathname} is missing`).toBe(true)
    const { width, height, pixels } = layOut(sheet)
    const shown = await sharp(readFileSync(file)).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    expect([shown.info.width, shown.info.height]).toEqual([width, height])
    const apart = pixels.reduce((sum, v, i) => sum + Math.abs(v - shown.data[i]!), 0) / pixels.length
    expect(apart).toBeLessThan(MOST)
    const page = readFileSync(docs('scenes.md'), 'utf8')
    expect(page).toContain(`pictures/scenes-${name}.webp`)
    for (const sentence of sheet.says) expect(page).toContain(sentence)
  },
)
