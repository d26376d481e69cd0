import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../../src/graph/host.ts'
import { plainPng } from '../data/helpers.ts'
import { ended, LiveEngine, sourceOf } from './live.ts'
import { fileScratch, makePictures, ROWS, toyDocument, writeToy } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const file = join(scratch, 'toy.json')

beforeAll(async () => {
  await makePictures(scratch)
  writeToy(scratch)
})

describe('check', () => {
  it('is answered while a run goes on, and so is print', async () => {
    const live = new LiveEngine(cache)
    const run = live.run(sourceOf(file), { paused: true })
    await live.until(run.id, 'paused')
    const checked = await live.ask({ type: 'check', graph: sourceOf(file) }).result
    if (checked.type !== 'checked') throw new Error(JSON.stringify(checked))
    expect(checked.diagnostics).toEqual([])
    expect(checked.unreadable).toEqual({})
    expect(Object.keys(checked.schemas['data.dataset']!.fields)).toEqual(['image', 'caption', 'label'])
    const printed = await live.ask({ type: 'print', graph: sourceOf(file), node: 'train', form: 'ir' }).result
    expect(printed.type).toBe('printed')
    await live.stop(run.id, 'cancel')
    expect(ended(await run.result).outcome).toBe('cancelled')
  })

  it('says which sources can not be read, and sees at once when they can', async () => {
    const live = new LiveEngine(cache)
    const graph = { ...sourceOf(file), text: JSON.stringify(toyDocument({ data: { path: 'later' } })) }
    const look = async () => {
      const checked = await live.ask({ type: 'check', graph }).result
      if (checked.type !== 'checked') throw new Error(JSON.stringify(checked))
      return checked
    }
    expect((await look()).unreadable['data.dataset']).toMatch(/later/)
    mkdirSync(join(scratch, 'later'))
    writeFileSync(join(scratch, 'later', 'a.png'), await plainPng([1, 2, 3]))
    expect((await look()).unreadable['data.dataset']).toMatch(/no captions/)
    writeFileSync(join(scratch, 'later', 'a.txt'), 'a thing')
    const { unreadable, schemas } = await look()
    expect(unreadable).toEqual({})
    expect(schemas['data.dataset']!.rows).toBe(1)
    const metadata = join(scratch, 'later', 'metadata.jsonl')
    writeFileSync(metadata, '{"file_name": "a.png", "text": "a"}\n')
    await look()
    writeFileSync(metadata, '{"file_name": "a.png", "text": "a", "label": "x"}\n')
    expect(Object.keys((await look()).schemas['data.dataset']!.fields)).toContain('label')
    rmSync(join(scratch, 'later'), { recursive: true })
    expect((await look()).unreadable['data.dataset']).toMatch(/later/)
  })

  it('can be cancelled', async () => {
    const live = new LiveEngine(cache)
    const graph = { ...sourceOf(file), text: JSON.stringify(toyDocument({ data: { path: '.' } })) }
    const check = live.ask({ type: 'check', graph })
    await live.stop(check.id, 'cancel')
    expect(await check.result).toEqual({ type: 'failed', diagnostics: [], message: 'cancelled' })
  })
})

describe('the pictures of a report', () => {
  const namesOf = (report: Report) => [
    ...new Set(
      report.galleries!.flatMap(g => g.items.flatMap(i => [i.picture, ...i.matches.map(m => m.picture)])),
    ),
  ]

  it('are named by the galleries and written once, also when the report comes from the cache', async () => {
    const live = new LiveEngine(cache)
    const first = ended(await live.run(sourceOf(file), { fresh: false }).result)
    const report = first.reports.retrieval!
    const names = namesOf(report)
    expect(names).not.toContain(undefined)
    expect(names.length).toBeGreaterThan(2)
    expect(names.length).toBeLessThanOrEqual(ROWS)
    const onDisk = readdirSync(join(first.run, 'pictures'))
    expect(onDisk.sort()).toEqual([...names].sort())
    for (const name of onDisk) {
      const { format, width, height } = await sharp(join(first.run, 'pictures', name)).metadata()
      expect([format, width, height]).toEqual(['webp', 16, 16])
    }
    expect(JSON.parse(readFileSync(join(first.run, 'reports', 'retrieval.json'), 'utf8'))).toEqual(report)

    const again = live.run(sourceOf(file), { fresh: false })
    const second = ended(await again.result)
    expect(live.events(again.id)).toContainEqual({ type: 'node', node: 'retrieval', state: 'cached' })
    expect(second.reports.retrieval).toEqual(report)
    for (const name of names) expect(existsSync(join(second.run, 'pictures', name!))).toBe(true)
  })
})
