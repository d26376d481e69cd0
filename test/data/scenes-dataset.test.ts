import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { packImages } from '../../src/data/pack.ts'
import { readScenes, scenesSchema } from '../../src/data/scenes/dataset.ts'
import { NEGATIVE_KINDS } from '../../src/data/scenes/negatives.ts'
import { sceneOf } from '../../src/data/scenes/reference.ts'
import { renderScene } from '../../src/data/scenes/render.ts'
import { sceneRows } from '../../src/data/scenes/rows.ts'
import { isHeldOutPair } from '../../src/data/scenes/splits.ts'
import type { Column } from '../../src/data/table.ts'
import { SCENE_NEGATIVES, SCENE_ROWS, type ScenesOptions } from '../../src/graph/scenes.ts'

const options: ScenesOptions = {
  form: 'captions',
  count: 60,
  seed: 3,
  side: 'train',
  splitBy: 'random',
  objects: [1, 4],
  overlap: false,
  negatives: NEGATIVE_KINDS,
  placed: 1,
}

const texts = (column: Column | undefined): readonly (readonly string[])[] =>
  column?.kind === 'text' ? column.values : []

describe('a scenes dataset', () => {
  test('every kind of negative that a node offers is made, in the order of its class index', () => {
    expect(NEGATIVE_KINDS).toEqual(SCENE_NEGATIVES)
  })

  test.each(SCENE_ROWS)('%s: rows as the schema says, the same each time', async form => {
    const table = await readScenes({ ...options, form })
    expect((await readScenes({ ...options, form })).hash).toBe(table.hash)
    expect((await readScenes({ ...options, form, seed: 4 })).hash).not.toBe(table.hash)
    const schema = scenesSchema({ form, count: 60 })
    expect(table.schema.fields).toEqual(schema.fields)
    if (schema.rows !== undefined) expect(table.rows).toBe(schema.rows)
  })

  test('a caption is never among its negatives', async () => {
    const { columns, rows } = await readScenes(options)
    for (let i = 0; i < rows; i++)
      expect(texts(columns.caption)[i]).not.toEqual(expect.arrayContaining([...texts(columns.negative)[i]!]))
  })

  test('train and test share no scene, whatever the split', () => {
    for (const splitBy of ['random', 'pairs', 'relations'] as const) {
      const of = (side: 'train' | 'test') =>
        [...sceneRows({ ...options, side, splitBy })].map(r => JSON.stringify(r.scene))
      const train = new Set(of('train'))
      expect(of('test').filter(s => train.has(s))).toEqual([])
    }
  })

  test('held-out combinations are in every test scene and in no scene of training', () => {
    const held = (side: 'train' | 'test') =>
      [...sceneRows({ ...options, side, splitBy: 'pairs' })].map(r => r.scene.objects.some(isHeldOutPair))
    expect(held('train')).not.toContain(true)
    expect(held('test')).not.toContain(false)
  })

  test('quads: two scenes and two captions of the same words, by both kinds', () => {
    const rows = [...sceneRows({ ...options, form: 'quads', side: 'test', objects: [2, 3] })]
    const wordsOf = (text: string) =>
      text
        .replace(/\ban\b/g, 'a')
        .toLowerCase()
        .match(/\w+/g)!
        .sort()
    for (const { scene, captions, second, kind } of rows) {
      expect(second!.caption).not.toBe(captions[0])
      expect(wordsOf(second!.caption)).toEqual(wordsOf(captions[0]!))
      expect(scene.objects.map(o => [o.x, o.y, o.size])).toEqual(
        second!.scene.objects.map(o => [o.x, o.y, o.size]),
      )
      const changed = scene.objects.filter((o, k) => o.colour !== second!.scene.objects[k]!.colour)
      expect(changed).toHaveLength(2)
      // Changed colours leave the shapes where they are; changed places take them along.
      const moved = scene.objects.filter((o, k) => o.shape !== second!.scene.objects[k]!.shape)
      expect(moved).toHaveLength(kind === 'swap_relation' ? 2 : 0)
    }
    for (const kind of ['swap_attribute', 'swap_relation'])
      expect(rows.filter(r => r.kind === kind).length).toBeGreaterThan(20)
  })

  test('quads of training never show what was held out', () => {
    const shown = (splitBy: 'pairs' | 'random') =>
      [...sceneRows({ ...options, form: 'quads', splitBy })].map(r =>
        r.second!.scene.objects.some(isHeldOutPair),
      )
    expect(shown('pairs')).not.toContain(true)
    // Otherwise it would happen often.
    expect(shown('random')).toContain(true)
  })

  test('positions: the share of captions that tell is what was asked, the factors are balanced', async () => {
    const count = 352
    const told = async (placed: number) => {
      const { columns } = await readScenes({ ...options, form: 'positions', count, placed })
      return texts(columns.caption).filter(([t]) => / at the /.test(t!)).length / count
    }
    expect(await told(1)).toBe(1)
    expect(await told(0)).toBe(0)
    expect(Math.abs((await told(0.3)) - 0.3)).toBeLessThan(0.1)
    const { columns } = await readScenes({ ...options, form: 'positions', count })
    const counts = [0, 1, 2, 3].map(p => (columns.position!.values as number[]).filter(v => v === p).length)
    expect(counts).toEqual([88, 88, 88, 88])
  })

  describe('packed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'diptych-scenes-'))
    afterAll(() => rmSync(folder, { recursive: true }))

    test('rows hold the pixels of their scenes', async () => {
      const table = await readScenes({ ...options, count: 150 })
      const { pack, index, bad } = await packImages(table, 'image', { size: 32, mode: 'crop' }, folder)
      expect(bad).toEqual([])
      const pixels = new Uint8Array(3 * 32 * 32 * 3)
      const rows = [0, 77, 149]
      await pack.gather(
        Int32Array.from(rows, r => index[r]!),
        pixels,
      )
      const { image } = table.columns
      rows.forEach((r, i) => {
        const ref = image?.kind === 'image' ? image.values[r]! : undefined
        const drawn = renderScene(sceneOf(ref!)!, 32).pixels
        expect(Buffer.from(pixels.subarray(i * 3072, (i + 1) * 3072)).equals(drawn)).toBe(true)
      })
      await pack.close()
    })
  })
})
