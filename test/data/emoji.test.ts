import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { isHeldOut, peekEmoji, readEmoji } from '../../src/data/emoji.ts'
import { emojiBase, emojiGender, emojiKey } from '../../src/data/emoji-base.ts'
import { emojiCaptions, spokenName } from '../../src/data/emoji-captions.ts'
import type { Table } from '../../src/data/table.ts'
import { classesOf, firstTexts, textsOf } from './helpers.ts'

interface NameEntry {
  readonly hexcode: string
  readonly label: string
  readonly gender?: 0 | 1
  /** 1 is "people & body". */
  readonly group?: number
  readonly skins?: readonly NameEntry[]
}

let names: readonly NameEntry[]
let all: Table
let train: Table
let test: Table

beforeAll(async () => {
  const folder = dirname(createRequire(import.meta.url).resolve('emojibase-data/package.json'))
  names = JSON.parse(await readFile(join(folder, 'en/data.json'), 'utf8'))
  all = await readEmoji({ split: 'all' })
  train = await readEmoji({ split: 'train' })
  test = await readEmoji({ split: 'test' })
})

describe('the emoji dataset', () => {
  it('joins every picture with its name', () => {
    expect(all.bad).toEqual([])
    expect(all.rows).toBe(3781)
    expect(new Set(firstTexts(all, 'id')).size).toBe(all.rows)
    expect(firstTexts(all, 'id')).toEqual(all.ids)
  })

  it('has the nine groups and no component', () => {
    const groups = all.schema.fields.group
    expect(groups?.kind === 'category' && groups.classes).toMatchInlineSnapshot(`
      [
        "smileys & emotion",
        "people & body",
        "animals & nature",
        "food & drink",
        "travel & places",
        "activities",
        "objects",
        "symbols",
        "flags",
      ]
    `)
    expect(new Set(classesOf(all, 'group')).size).toBe(9)
  })

  it('peeks the schema it reads', async () => {
    const peeked = await peekEmoji('en')
    expect(peeked.fields).toEqual(all.schema.fields)
    expect(peeked.attribution).toEqual(all.schema.attribution)
  })

  it('knows skin tones and genders', () => {
    const row = (id: string) => all.ids.indexOf(id)
    const of = (column: string, id: string) => classesOf(all, column)[row(id)]
    expect(of('skin_tone', '1F44B')).toBe('none')
    expect(of('skin_tone', '1F44B-1F3FB')).toBe('light')
    expect(of('skin_tone', '1F44B-1F3FF')).toBe('dark')
    expect(of('skin_tone', '1F469-1F3FB-200D-1F91D-200D-1F468-1F3FC')).toBeUndefined()
    expect(of('gender', '1F469-1F3FF-200D-1F52C')).toBe('female')
    expect(of('gender', '1F9D1-200D-1F52C')).toBe('none')
    expect(of('gender', '1F3C3-200D-2642')).toBe('male')
    expect(of('gender', '1F46B')).toBe('none')
  })
})

describe('the split by base', () => {
  it('has no base, no id and no picture on both sides', () => {
    for (const column of ['base', 'id']) {
      const trained = new Set(firstTexts(train, column))
      expect(firstTexts(test, column).filter(value => trained.has(value))).toEqual([])
    }
    const pictures = (table: Table) =>
      table.columns.image?.kind === 'image' ? table.columns.image.values : []
    const seen = new Set(pictures(train).map(image => image.hash))
    expect(pictures(test).filter(image => seen.has(image.hash))).toEqual([])
    expect(train.rows + test.rows).toBe(all.rows)
  })

  // The following check leaks by what CLDR says of an emoji, not by the code points that the split goes by.
  const sideOf = () => {
    const sides = new Map<string, string>()
    for (const id of train.ids) sides.set(id, 'train')
    for (const id of test.ids) sides.set(id, 'test')
    return (hexcode: string) => sides.get(emojiKey(hexcode))
  }

  it('keeps every skin variant with its emoji', () => {
    const side = sideOf()
    let checked = 0
    for (const entry of names) {
      for (const skin of entry.skins ?? []) {
        const [one, other] = [side(entry.hexcode), side(skin.hexcode)]
        if (one === undefined || other === undefined) continue
        expect(other, skin.label).toBe(one)
        checked++
      }
    }
    expect(checked).toBeGreaterThan(1800)
  })

  it('keeps every man and woman with the person of the same name', () => {
    const side = sideOf()
    const plain = (label: string) =>
      label
        .replace(/: facing right$/, '')
        .replace(/^(man|woman|men|women|person|people)( with| in)?:? /, '')
        .replace(/^(merman|mermaid|merperson)$/, 'merperson')
    const bases = new Map<string, Set<string>>()
    let grouped = 0
    for (const { hexcode, label } of names) {
      if (!/^(man|woman|men|women|person|people|mer)/.test(label) && !label.includes('facing right')) continue
      const found = side(hexcode)
      if (found === undefined) continue
      const sides = bases.get(plain(label)) ?? new Set()
      if (sides.size > 0) grouped++
      bases.set(plain(label), sides.add(found))
    }
    for (const { hexcode, label, group } of names) {
      const found = side(hexcode)
      if (group === 1 && found !== undefined) bases.get(label)?.add(found)
    }
    expect(grouped).toBeGreaterThan(120)
    expect([...bases].filter(([, sides]) => sides.size > 1)).toEqual([])
  })

  it('keeps ♀ and ♂ together', () => {
    const side = sideOf()
    for (const id of all.ids.filter(key => key.includes('200D-2640'))) {
      const male = id.replace('200D-2640', '200D-2642')
      expect(side(male), id).toBe(side(id))
    }
  })

  it('gives one row a base without variants', async () => {
    const bases = await readEmoji({ split: 'test', variants: false })
    const ids = firstTexts(bases, 'base')
    expect(new Set(ids).size).toBe(bases.rows)
    expect(new Set(ids)).toEqual(new Set(firstTexts(test, 'base')))
    expect(new Set(classesOf(bases, 'skin_tone'))).toEqual(new Set(['none']))
  })

  it('holds out about the share asked for, and depends on the seed', async () => {
    const bases = [...new Set(firstTexts(all, 'base'))]
    for (const share of [0.1, 0.3]) {
      const held = bases.filter(base => isHeldOut(base, 0, share)).length / bases.length
      expect(Math.abs(held - share)).toBeLessThan(0.03)
    }
    const other = await readEmoji({ split: 'test', seed: 1, variants: false })
    expect(firstTexts(other, 'base')).not.toEqual(firstTexts(test, 'base'))
    const both = bases.filter(base => isHeldOut(base, 0, 0.1) && !isHeldOut(base, 0, 0.2))
    expect(both).toEqual([])
  })

  it('is pinned: a change here would make old results wrong', () => {
    const sample = firstTexts(test, 'name').filter((_, row) => row % 40 === 0)
    expect([train.rows, test.rows, ...sample]).toMatchInlineSnapshot(`
      [
        3459,
        322,
        "smiling face with heart-eyes",
        "nail polish: light skin tone",
        "woman mechanic: medium-dark skin tone",
        "woman elf: medium-light skin tone",
        "person in motorized wheelchair",
        "person in suit levitating: medium-dark skin tone",
        "red envelope",
        "no mobile phones",
        "flag: Kosovo",
      ]
    `)
  })
})

describe('the base of a sequence', () => {
  it.each([
    ['1F44B-1F3FD', '1F44B', 'a waving hand with a skin tone'],
    ['263A-FE0F', '263A', 'a variation selector'],
    ['1F469-1F3FB-200D-1F373', '1F9D1-200D-1F373', 'woman cook'],
    ['1F3C3-1F3FB-200D-2640-FE0F-200D-27A1-FE0F', '1F3C3', 'woman running, facing right'],
    ['1F9D1-1F3FC-200D-1F9AF-200D-27A1-FE0F', '1F9D1-200D-1F9AF', 'person with white cane, facing right'],
    ['1F468-200D-2695-FE0F', '1F9D1-200D-2695', 'man health worker'],
    ['1F469-200D-1F9B0', '1F9D1', 'red hair'],
    ['1F471-200D-2642-FE0F', '1F9D1', 'blond hair'],
    ['1F468-200D-1F469-200D-1F467', '1F46A', 'family'],
    ['1F469-200D-2764-FE0F-200D-1F48B-200D-1F468', '1F46A', 'kiss'],
    ['1F9D1-1F3FB-200D-1F91D-200D-1F9D1-1F3FF', '1F46A', 'people holding hands'],
    ['1FAF1-1F3FB-200D-1FAF2-1F3FC', '1F91D', 'handshake of two tones'],
    ['1FAF1-1F3FB', '1FAF1', 'rightwards hand'],
    ['1F934-1F3FB', '1FAC5', 'prince'],
    ['1F9D1-200D-1F384', '1F9D1-200D-1F384', 'mx claus'],
    ['1F936', '1F9D1-200D-1F384', 'mrs claus'],
    ['1F408-200D-2B1B', '1F408', 'black cat'],
    ['1F3F4-200D-2620-FE0F', '1F3F4', 'pirate flag'],
    ['1F1F3-1F1F4', '1F1F3-1F1F4', 'a country’s flag'],
    ['0033-FE0F-20E3', '0033-20E3', 'keycap'],
    ['2640-FE0F', '2640', 'the female sign itself'],
    ['1F3FB', '1F3FB', 'a skin tone itself'],
  ])('%s is %s (%s)', (hexcode, base) => {
    expect(emojiBase(hexcode)).toBe(base)
  })

  it('is its own base, for every emoji there is', () => {
    for (const { hexcode, skins } of names) {
      for (const form of [hexcode, ...(skins ?? []).map(skin => skin.hexcode)]) {
        const base = emojiBase(form)
        expect(emojiBase(base), form).toBe(base)
      }
    }
  })

  it('sees the gender that CLDR does', () => {
    const known = { 0: 'female', 1: 'male' } as const
    for (const { hexcode, gender, label } of names.flatMap(entry => [entry, ...(entry.skins ?? [])])) {
      if (gender !== undefined) expect(emojiGender(hexcode), label).toBe(known[gender])
    }
  })
})

describe('captions', () => {
  it('never say the id, and begin with the canonical one', () => {
    const subgroups = classesOf(all, 'subgroup')
    for (const [row, texts] of textsOf(all, 'caption').entries()) {
      expect(texts.length).toBeGreaterThanOrEqual(4)
      expect(new Set(texts).size).toBe(texts.length)
      for (const text of texts) {
        expect(text).not.toMatch(/U\+|200D|FE0F|1F[0-9A-F]{3}/)
        expect(text).not.toContain('undefined')
        expect(text.trim()).toBe(text)
      }
      expect(texts[0]).toContain(texts[1])
      expect(texts[0]).toContain(subgroups[row])
    }
  })

  it('are made of names, kinds and keywords', () => {
    const words = {
      label: 'cook: light skin tone',
      keywords: ['chef', 'cook', 'kitchen', 'food', 'hat'],
      group: 'people & body',
      subgroup: 'roles & careers',
    }
    expect(emojiCaptions(words, 'en')).toMatchInlineSnapshot(`
      [
        "cook, light skin tone, roles & careers, people & body, chef, kitchen, food, hat",
        "cook, light skin tone",
        "cook, light skin tone, chef, kitchen, food, hat",
        "cook, light skin tone, roles & careers",
        "people & body: cook, light skin tone",
        "roles & careers, chef, cook, kitchen, food, hat",
        "cook, light skin tone, kitchen, hat",
        "an emoji of cook, light skin tone",
        "cook, light skin tone, an emoji of people & body",
      ]
    `)
    expect(emojiCaptions({ ...words, keywords: [] }, 'de')).toMatchInlineSnapshot(`
      [
        "cook, light skin tone, roles & careers, people & body",
        "cook, light skin tone",
        "cook, light skin tone, roles & careers",
        "people & body: cook, light skin tone",
      ]
    `)
  })

  it('speak names', () => {
    expect(spokenName('flag: Norway', 'en')).toBe('flag of Norway')
    expect(spokenName('Flagge: Norwegen', 'de')).toBe('Flagge, Norwegen')
    expect(spokenName('旗帜：挪威', 'zh')).toBe('旗帜, 挪威')
  })
})

describe('other languages', () => {
  it('name the same pictures', async () => {
    const german = await readEmoji({ split: 'test', language: 'de' })
    expect(german.ids).toEqual(test.ids)
    expect(german.hash).not.toBe(test.hash)
    expect(firstTexts(german, 'name')).not.toEqual(firstTexts(test, 'name'))
    const chinese = await peekEmoji('zh-hant')
    const { subgroup } = chinese.fields
    const classes = subgroup?.kind === 'category' ? subgroup.classes : []
    expect(new Set(classes).size).toBe(classes.length)
  })

  it('are refused by a list of those there are', async () => {
    await expect(peekEmoji('xx')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: There are no emoji names in "xx". Choose one of bn, da, de, en, en-gb, es, es-mx, et, fi, fr, hi, hu, it, ja, ko, lt, ms, nb, nl, pl, pt, ru, sv, th, uk, vi, zh, zh-hant.]`,
    )
    await expect(peekEmoji('../en')).rejects.toThrow('There are no emoji names in "../en"')
  })
})
