import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { packImages } from '../../src/data/pack.ts'
import { clipsSchema, readClips } from '../../src/data/scenes/clip-dataset.ts'
import { EVENTS } from '../../src/data/scenes/clips.ts'
import { sceneOf } from '../../src/data/scenes/reference.ts'
import { renderScene } from '../../src/data/scenes/render.ts'
import { truthOf } from '../../src/data/scenes/truth.ts'
import { readTable, writeTable } from '../../src/data/serialize.ts'
import type { Column, Table } from '../../src/data/table.ts'
import { concatenateTables } from '../../src/data/tables/concatenate.ts'
import { CLIP_EVENTS, CLIP_ROWS, type ClipsOptions } from '../../src/graph/scenes.ts'

const options: ClipsOptions = {
  form: 'events',
  count: 40,
  frames: 6,
  seed: 2,
  side: 'train',
  events: CLIP_EVENTS,
}

const framesOf = ({ columns: { frames } }: Table) => (frames?.kind === 'frames' ? frames.values : [])
const texts = (column: Column | undefined) => (column?.kind === 'text' ? column.values.map(v => v[0]!) : [])
const numbers = (column: Column | undefined) => column!.values as readonly number[]

const folder = mkdtempSync(join(tmpdir(), 'diptych-clips-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a dataset of clips', () => {
  test('every event that a node offers is made, in the order of its class index', () => {
    expect(EVENTS).toEqual(CLIP_EVENTS)
  })

  test.each(CLIP_ROWS)('%s: rows as the schema says, the same each time', async form => {
    const table = await readClips({ ...options, form })
    expect((await readClips({ ...options, form })).hash).toBe(table.hash)
    expect((await readClips({ ...options, form, seed: 4 })).hash).not.toBe(table.hash)
    expect(table.schema).toEqual(clipsSchema({ ...options, form }))
    expect(framesOf(table).every(f => f.length === options.frames)).toBe(true)
  })

  test('events come as twins with each other’s sentences, of as many words', async () => {
    const table = await readClips(options)
    const [caption, negative] = [texts(table.columns.caption), texts(table.columns.negative)]
    const frames = framesOf(table)
    for (let i = 0; i < options.count; i += 2) {
      expect([caption[i], negative[i]]).toEqual([negative[i + 1], caption[i + 1]])
      expect(caption[i]!.split(' ').length).toBe(negative[i]!.split(' ').length)
      expect(frames[i]![0]!.hash).toBe(frames[i + 1]![0]!.hash)
      expect(frames[i]!.at(-1)!.hash).not.toBe(frames[i + 1]!.at(-1)!.hash)
    }
    expect(numbers(table.columns.possible)).toEqual(caption.map((_, i) => (i % 2 === 0 ? 1 : 0)))
    expect(numbers(table.columns.event).slice(0, 8)).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
    expect(caption.slice(0, 8)).toMatchInlineSnapshot(`
      [
        "a white diamond is let go and ends on the floor",
        "a white diamond is let go and ends in the air",
        "a red hexagon slides into an orange pentagon and stops there",
        "a red hexagon slides into an orange pentagon and passes through",
        "an orange diamond goes behind a yellow square and comes out",
        "an orange diamond goes behind a yellow square and never returns",
        "a blue square comes down over a white triangle and takes it along",
        "a blue square comes down over a white triangle and leaves it behind",
      ]
    `)
  })

  test('each frame’s boxes hold what is seen of its objects', async () => {
    for (const form of CLIP_ROWS) {
      const table = await readClips({ ...options, form, count: 16 })
      const size = 96
      texts(table.columns.scene).forEach((json, row) => {
        const { frames } = JSON.parse(json) as {
          frames: { objects: { box: [number, number, number, number] }[] }[]
        }
        frames.forEach(({ objects }, f) => {
          const seen = truthOf(sceneOf(framesOf(table)[row]![f]!)!, size)
          expect(objects).toHaveLength(seen.length)
          objects.forEach(({ box }, o) => {
            const visible = seen[o]!.visibleBox
            if (!visible) return
            // Turned with its camera a square reaches beyond its own upright square.
            const slack = form === 'sweeps' ? 0.05 : 1 / size
            expect(visible.left / size).toBeGreaterThan(box[0] - slack)
            expect(visible.top / size).toBeGreaterThan(box[1] - slack)
            expect(visible.right / size).toBeLessThan(box[2] + slack)
            expect(visible.bottom / size).toBeLessThan(box[3] + slack)
          })
        })
      })
    }
  })

  test('nothing leaves the picture', async () => {
    const table = await readClips({ ...options, count: 200 })
    for (const frames of framesOf(table))
      for (const { objects } of frames.map(f => sceneOf(f)!))
        for (const { x, y, radius } of objects)
          expect(Math.min(x - radius, y - radius, 1 - x - radius, 1 - y - radius)).toBeGreaterThanOrEqual(0)
  })

  test('packed, a row’s frames lie one after another, and what twins share is there once', async () => {
    const table = await readClips(options)
    const size = 32
    const { pack, index, bad } = await packImages(table, 'frames', { size, mode: 'crop' }, folder)
    expect(bad).toEqual([])
    expect(index).toHaveLength(options.count * options.frames)
    expect(pack.header.rows).toBe(new Set(framesOf(table).flatMap(f => f.map(r => r.hash))).size)
    expect(pack.header.rows).toBeLessThan(index.length)
    const bytes = size * size * 3
    const row = 17
    const pixels = new Uint8Array(options.frames * bytes)
    await pack.gather(index.slice(row * options.frames, (row + 1) * options.frames), pixels)
    framesOf(table)[row]!.forEach((ref, f) => {
      const drawn = renderScene(sceneOf(ref)!, size).pixels
      expect(Buffer.from(pixels.subarray(f * bytes, (f + 1) * bytes)).equals(drawn)).toBe(true)
    })
    await pack.close()
  })

  test('a table with clips is written and read back whole; clips of another length are no part of it', async () => {
    const table = await readClips(options)
    const path = join(folder, 'clips.table')
    await writeTable(path, table)
    expect(await readTable(path)).toEqual(table)
    const longer = await readClips({ ...options, frames: 7 })
    expect(() => concatenateTables([table, longer], table.schema.fields)).toThrow(
      'Column "frames", row 40: 7 frames where every row has 6.',
    )
  })
})
