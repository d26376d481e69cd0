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
import { BACKGROUNDS, COLOUR_NAMES, SHAPES, SIZE_NAMES, TEXTURES } from '../../src/data/scenes/vocabulary.ts'
import type { Column } from '../../src/data/table.ts'
import {
  ALL_SCENES,
  SCENE_BACKGROUNDS,
  SCENE_COLOURS,
  SCENE_NEGATIVES,
  SCENE_ROWS,
  SCENE_SHAPES,
  SCENE_SIZES,
  SCENE_STYLES,
  SCENE_TEXTURES,
  type ScenesOptions,
} from '../../src/graph/scenes.ts'

const options: ScenesOptions = { ...ALL_SCENES, form: 'captions', count: 60, seed: 3, side: 'train' }

const texts = (column: Column | undefined): readonly (readonly string[])[] =>
  column?.kind === 'text' ? column.values : []

describe('a scenes dataset', () => {
  test('all that a node offers is made, in the order of its class index', () => {
    expect(NEGATIVE_KINDS).toEqual(SCENE_NEGATIVES)
    expect(SHAPES).toEqual(SCENE_SHAPES)
    expect(COLOUR_NAMES).toEqual(SCENE_COLOURS)
    expect(SIZE_NAMES).toEqual(SCENE_SIZES)
    expect(TEXTURES).toEqual(SCENE_TEXTURES)
    expect(BACKGROUNDS).toEqual(SCENE_BACKGROUNDS)
  })

  test.each(SCENE_ROWS)('%s: rows as the schema says, the same each time', async form => {
    const table = await readScenes({ ...options, form })
    expect((await readScenes({ ...options, form })).hash).toBe(table.hash)
    expect((await readScenes({ ...options, form, seed: 4 })).hash).not.toBe(table.hash)
    const schema = scenesSchema({ ...options, form })
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

  describe('few shapes and colours', () => {
    const few: ScenesOptions = {
      ...options,
      count: 200,
      objects: [2, 3],
      shapes: ['circle', 'star', 'ring'],
      colours: ['red', 'blue', 'white'],
    }
    const others = [...SCENE_SHAPES, 'disc', 'hoop'].filter(s => !['disc', 'hoop', ...few.shapes].includes(s))
    const foreign = new RegExp(
      String.raw`\b(${[...others, ...SCENE_COLOURS.filter(c => !few.colours.includes(c))].join('|')})\b`,
    )

    test.each(SCENE_ROWS)('%s: pictures, sentences, answers and classes keep to them', async form => {
      const rows = [...sceneRows({ ...few, form })]
      expect(rows.length).toBeGreaterThan(100)
      for (const { scene, second, captions, negatives, question } of rows) {
        for (const { shape, colour } of [...scene.objects, ...(second?.scene.objects ?? [])]) {
          expect(few.shapes).toContain(shape)
          expect(few.colours).toContain(colour)
        }
        const said = [captions, negatives, second?.caption, question?.question, question?.options]
        for (const text of said.flat()) expect(text ?? '').not.toMatch(foreign)
      }
      const { schema } = await readScenes({ ...few, form })
      expect(schema.fields.shape).toEqual({ kind: 'category', classes: few.shapes })
      expect(schema.fields.colour).toEqual({ kind: 'category', classes: few.colours })
    })

    test('each kind of negative still differs from its positive and is found for many scenes', () => {
      const rows = [...sceneRows({ ...few, form: 'pairs' })]
      for (const kind of SCENE_NEGATIVES)
        expect(rows.filter(r => r.kind === kind).length, kind).toBeGreaterThan(80)
      for (const { captions, negatives } of rows) expect(negatives).not.toContain(captions[0])
    })

    test.each(SCENE_ROWS)('%s: few sizes, textures and backgrounds', form => {
      const plain = {
        ...few,
        form,
        sizes: ['medium', 'large'],
        textures: ['plain'],
        backgrounds: ['paper', 'slate'],
      } as const
      const rows = [...sceneRows(plain)]
      const of = (values: readonly string[]) => [...new Set(values)].sort()
      const things = rows.flatMap(r => r.scene.objects)
      const grid = form === 'positions'
      expect(of(things.map(o => o.size))).toEqual(grid ? ['large'] : ['large', 'medium'])
      expect(of(things.map(o => o.texture))).toEqual(['plain'])
      expect(of(rows.map(r => r.scene.background))).toEqual(['paper', 'slate'])
      expect(rows.flatMap(r => [r.captions, r.negatives ?? []]).join(' ')).not.toMatch(/striped|dotted/)
      expect(scenesSchema(plain).fields.background).toEqual({
        kind: 'category',
        classes: ['paper', 'slate'],
      })
    })

    test('every row has a negative where a whole scene stands in one corner', () => {
      const tight = { ...few, colours: few.colours.slice(0, 2), negatives: ['swap_relation'] as const }
      for (const { negatives } of sceneRows({ ...tight, count: 2000 })) expect(negatives).not.toEqual([])
    })

    test.each([
      [{ shapes: ['circle'] }, /at least two shapes/],
      [
        { shapes: ['circle', 'star'], colours: ['red', 'blue'], objects: [4, 4] },
        /4 combinations .* 4 objects/,
      ],
      [{ shapes: ['square', 'star'], splitBy: 'pairs', side: 'test', colours: ['red', 'blue'] }, /"pairs"/],
      [{ shapes: ['square', 'hexagon'], splitBy: 'relations', side: 'test' }, /"relations"/],
    ] as const)('%j is refused', async (change, message) => {
      await expect(readScenes({ ...few, ...change })).rejects.toThrow(message)
    })
  })

  describe('styles', () => {
    const captionsOfAll = (change: Partial<ScenesOptions>) =>
      [...sceneRows({ ...options, objects: [2, 4], ...change })].map(r => r.captions)
    const tells =
      / (at the (upper|lower|top|bottom|left|right|centre)|left of|right of|above|below|\w+er than) ?/

    test('a row holds the styles asked for, the first one first', () => {
      const first = captionsOfAll({ styles: ['terse', 'list'] })
      expect(first[0]).toMatchInlineSnapshot(`
        [
          "purple heart, orange hexagon, brown hexagon",
          "a small dotted purple heart, a small plain orange hexagon, a large striped brown hexagon in the sky",
        ]
      `)
      expect(captionsOfAll({ styles: ['things'] })[0]).toMatchInlineSnapshot(`
        [
          "a small dotted purple heart at the lower right",
          "there is a small plain orange hexagon at the top",
          "a picture of a large striped brown hexagon at the left",
        ]
      `)
      expect(captionsOfAll({ styles: ['relations', 'summary'] })[0]).toMatchInlineSnapshot(`
        [
          "an orange hexagon above a brown hexagon",
          "an orange hexagon, higher than a purple heart",
          "a brown hexagon, to the left of a purple heart",
          "a purple heart to the right of a brown hexagon in the sky",
        ]
      `)
    })

    test('a style says the same whatever other styles are asked for', () => {
      const all = captionsOfAll({})
      for (const style of SCENE_STYLES)
        captionsOfAll({ styles: [style] }).forEach((captions, i) => {
          expect(all[i]).toEqual(expect.arrayContaining([...captions]))
        })
    })

    test('the share of rows that say where things are is what was asked, and nothing else changes', () => {
      const count = 400
      const told = (placed: number, side: 'train' | 'test') =>
        captionsOfAll({ styles: ['things'], placed, side, count }).filter(c => tells.test(c[0]!)).length /
        count
      expect(told(1, 'train')).toBe(1)
      expect(Math.abs(told(0.3, 'train') - 0.3)).toBeLessThan(0.1)
      expect(told(0, 'test')).toBe(1)
      for (const captions of captionsOfAll({ placed: 0, count }))
        for (const caption of captions) expect(caption).not.toMatch(tells)
      const silent = captionsOfAll({ placed: 0, styles: ['summary', 'things', 'dense'] })
      expect(silent[0]).toMatchInlineSnapshot(`
        [
          "a purple heart and a brown hexagon in the sky",
          "a small dotted purple heart",
          "there is a small plain orange hexagon",
          "a picture of a large striped brown hexagon",
          "A picture in the sky with 3 objects: a small dotted purple heart; a small plain orange hexagon; a large striped brown hexagon.",
        ]
      `)
    })

    test('a scene of one object has a summary where it has no relation', () => {
      for (const captions of captionsOfAll({ styles: ['relations'], objects: [1, 1] }))
        expect(captions).toHaveLength(1)
    })
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
