import { describe, expect, test } from 'vitest'
import { readScenes, scenesSchema } from '../../src/data/scenes/dataset.ts'
import { letteringBox } from '../../src/data/scenes/lettering.ts'
import { sceneOf } from '../../src/data/scenes/reference.ts'
import { renderScene } from '../../src/data/scenes/render.ts'
import type { Scene } from '../../src/data/scenes/scene.ts'
import type { Table } from '../../src/data/table.ts'
import { ALL_SCENES, type ScenesOptions } from '../../src/graph/scenes.ts'
import { firstTexts, textsOf } from './helpers.ts'

const options: ScenesOptions = {
  ...ALL_SCENES,
  form: 'captions',
  count: 80,
  seed: 3,
  side: 'train',
  objects: [1, 3],
  lettering: 'word',
}

const scenesOf = ({ columns: { image } }: Table): Scene[] =>
  image?.kind === 'image' ? image.values.map(ref => sceneOf(ref)!) : []
const names = (scene: Scene) => scene.objects.map(o => `${o.colour} ${o.shape}`.toUpperCase())
const numbers = (table: Table, name: string) => table.columns[name]!.values as readonly number[]

describe('words in scenes', () => {
  test('columns say what is written and where, as drawn: dark dots on a light plate inside the picture', async () => {
    const table = await readScenes(options)
    expect(table.schema.fields).toEqual(scenesSchema(options).fields)
    const sides = ['left', 'top', 'right', 'bottom'].map(side => numbers(table, `written_${side}`))
    scenesOf(table).forEach((scene, row) => {
      const { lettering } = scene
      expect(firstTexts(table, 'written')[row]).toBe(lettering!.text)
      const box = sides.map(values => values[row]!)
      expect(box).toEqual(letteringBox(lettering!))
      expect(Math.min(...box)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...box)).toBeLessThanOrEqual(1)
      if (row > 20) return
      const size = 128
      const [drawn, bare] = [scene, { ...scene, lettering: undefined }].map(s => renderScene(s, size).pixels)
      const tones = new Set<number>()
      drawn!.forEach((v, i) => {
        if (v === bare![i]) return
        tones.add(v)
        const [x, y] = [(i / 3) % size, Math.floor(i / 3 / size)].map(p => Math.floor(p))
        const [left, top, right, bottom] = box.map(b => b * size) as [number, number, number, number]
        expect(x! >= Math.floor(left) && x! < Math.ceil(right)).toBe(true)
        expect(y! >= Math.floor(top) && y! < Math.ceil(bottom)).toBe(true)
      })
      expect(Math.max(...tones) - Math.min(...tones)).toBeGreaterThan(200)
    })
  })

  test('a thing that is named is there, a decoy is not, and nothing else changes', async () => {
    const [thing, decoy, none] = await Promise.all(
      (['thing', 'decoy', 'none'] as const).map(lettering => readScenes({ ...options, lettering })),
    )
    for (const scene of scenesOf(thing!)) expect(names(scene)).toContain(scene.lettering!.text)
    for (const scene of scenesOf(decoy!)) expect(names(scene)).not.toContain(scene.lettering!.text)
    const bare = scenesOf(decoy!).map(({ lettering: _, ...scene }) => scene)
    expect(bare).toEqual(scenesOf(none!))
    expect(textsOf(decoy!, 'caption')).toEqual(textsOf(none!, 'caption'))
    expect(Object.keys(none!.columns)).not.toContain('written')
  })

  test('in the share of scenes that was asked for; the others have no box', async () => {
    const table = await readScenes({ ...options, count: 400, lettered: 0.3 })
    const written = firstTexts(table, 'written').map(text => text !== '')
    expect(Math.abs(written.filter(Boolean).length / 400 - 0.3)).toBeLessThan(0.07)
    expect(numbers(table, 'written_left').map(v => !Number.isNaN(v))).toEqual(written)
  })

  test('captions say what is written only where they are asked to', async () => {
    const said = async (reads: boolean) => {
      const table = await readScenes({ ...options, reads })
      return textsOf(table, 'caption').flatMap((captions, row) => {
        const word = firstTexts(table, 'written')[row]!
        return captions.map(caption => caption.includes(word))
      })
    }
    expect(await said(true)).not.toContain(false)
    expect(await said(false)).not.toContain(true)
  })
})
