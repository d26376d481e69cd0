import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { statsOf } from '../../src/engine/watch/reduce.ts'
import type { WatchPlane, WatchSpec } from '../../src/protocol/watch.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { ended, LiveEngine, lossBits, type Seen, sourceOf, writeTraining } from './live.ts'
import { fileScratch, makePictures, toyDocument } from './toy.ts'

const scratch = fileScratch()
const { missing, path } = plugin()
const cache = join(scratch, 'cache')
let file = ''

beforeAll(async () => {
  if (path) vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
  await makePictures(scratch)
  file = writeTraining(scratch, 'training.json')
})

const next = (id: string, wire: string, more: Partial<WatchSpec> = {}): WatchSpec => ({
  ...{ id, wire, sample: 'next', every: 1 },
  ...more,
})
const ATTENTION = 'transformer/resblocks/0/attn/attention'
const MANY: readonly WatchSpec[] = [
  next('pooled', 'vision.pooled'),
  next('image', 'batch.image', { every: 3 }),
  next('loss', 'loss.loss'),
  next('pairs', 'logits.pairs', { sample: { step: 2 }, cell: [1, 1] }),
  next('attention', 'vision.feat', { inner: ATTENTION }),
  next('label', 'batch.label', { every: 2 }),
]

const numbers = ({ bytes }: Seen, { offset, rows, columns }: WatchPlane): number[] => [
  ...new Float32Array(bytes.slice(offset, offset + rows * columns * 4).buffer),
]

const engines = [
  ['reference', ''],
  ['xla', missing],
] as const

for (const [engine, absent] of engines)
  describe.skipIf(absent !== '')(named(`a watched run, ${engine}`, absent), () => {
    it('has the losses of one that nobody watched, to the last bit, held or not', async () => {
      const live = new LiveEngine(cache)
      const graph = sourceOf(file)
      const alone = live.run(graph, { engine })
      expect(ended(await alone.result).outcome).toBe('completed')
      const wanted = lossBits(live.events(alone.id))
      expect(wanted).toHaveLength(12)

      const watched = live.run(graph, { engine, watches: MANY })
      expect(ended(await watched.result).outcome).toBe('completed')
      expect(lossBits(live.events(watched.id))).toEqual(wanted)
      const problems = live.watched.flatMap(s => s.watched.problem ?? [])
      expect(problems).toEqual([])
      // 0 … 11 and what came of the last step.
      const steps = (id: string) => live.watched.flatMap(s => (s.watched.id === id ? [s.watched.step] : []))
      expect(steps('pooled')).toEqual(Array.from({ length: 13 }, (_, i) => i))
      expect(steps('image')).toEqual([0, 3, 6, 9, 12])

      const held = live.run(graph, { engine, paused: true })
      let at = (await live.until(held.id, 'paused')).at
      for (let i = 0; i < 3; i++) {
        const seen = live.watched.length
        await live.watch(held.id, MANY.slice(i))
        await live.untilWatched(s => s.id === held.id && s.watched.id === 'label', seen)
        await live.control(held.id, 'step', 2)
        at = (await live.until(held.id, 'paused', at + 1)).at
      }
      await live.control(held.id, 'resume')
      expect(ended(await held.result).outcome).toBe('completed')
      expect(lossBits(live.events(held.id))).toEqual(wanted)
    }, 300_000)
  })

describe('a watch', () => {
  it('shows what the next step computes', async () => {
    const live = new LiveEngine(cache)
    const run = live.run(sourceOf(file), {
      watches: [next('loss', 'loss.loss'), next('pairs', 'logits.pairs')],
    })
    expect(ended(await run.result).outcome).toBe('completed')
    const losses = live
      .events(run.id)
      .flatMap(e => (e.type === 'step' ? [[e.step, e['train/loss']!] as const] : []))
    const sums = live.watched.filter(s => s.watched.id === 'loss')
    for (const [step, loss] of losses) {
      // The sum over 8 rows, of each of the two directions.
      const seen = sums.find(s => s.watched.step === step)!
      expect(seen.watched.value).toMatchObject({ field: 'sum', fields: ['sum', 'count'], axes: [] })
      expect(numbers(seen, seen.watched.value!.plane)[0]! / loss).toBeCloseTo(8, 4)
    }
    const events = live.events(run.id).flatMap(e => (e.type === 'watch' && e.wire === 'loss.loss' ? [e] : []))
    expect(events).toHaveLength(13)
    expect(events[3]!.stats.mean).toBe(sums[3]!.watched.value!.stats.mean)

    const pairs = live.watched.find(s => s.watched.id === 'pairs' && s.watched.step === 4)!
    const { plane, stats, axes, sides } = pairs.watched.value!
    expect(axes).toEqual([
      { name: 'batch', size: 8 },
      { name: 'batch′', size: 8 },
    ])
    expect(sides).toEqual({ rows: 'image', columns: 'text' })
    expect(statsOf(numbers(pairs, plane))).toEqual(stats)
  })

  it('is computed anew, and looked at anew, while the run is held', async () => {
    const live = new LiveEngine(cache)
    const run = live.run(sourceOf(file), { paused: true })
    await live.until(run.id, 'paused')
    const ask = async (spec: WatchSpec) => {
      const from = live.watched.length
      await live.watch(run.id, [spec])
      return live.untilWatched(s => s.watched.id === spec.id, from)
    }
    const feat = await ask(next('feat', 'vision.feat', { every: 0, at: [2], token: 3 }))
    const { value } = feat.watched
    expect(value).toMatchObject({
      field: 'tokens',
      fields: ['tokens', 'valid'],
      inner: [ATTENTION],
      plane: { rows: 5, columns: 16, axes: [1, 2], at: [2] },
      sequence: {
        kind: 'cosine',
        token: 3,
        grid: { rows: 2, columns: 2, first: 1 },
        picture: { width: 16, height: 16 },
      },
    })
    expect(value!.rowNames).toHaveLength(8)
    expect(numbers(feat, value!.sequence!.values!)[3]).toBeCloseTo(1, 6)
    // Another row of the same result: nothing is computed for it.
    const events = live.events(run.id).length
    const other = await ask(next('feat', 'vision.feat', { every: 0, at: [5], token: 0 }))
    expect(other.watched.value!.stats).toEqual(value!.stats)
    expect(other.watched.value!.plane.at).toEqual([5])
    expect(
      live
        .events(run.id)
        .slice(events)
        .filter(e => e.type === 'watch'),
    ).toEqual([])

    const maps = await ask(next('maps', 'vision.feat', { inner: ATTENTION, at: [1, 1], token: 2 }))
    expect(maps.watched.value).toMatchObject({
      axes: [
        { name: 'batch', size: 8 },
        { name: 'head', size: 2 },
        { name: 'query', size: 5 },
        { name: 'key', size: 5 },
      ],
      sequence: { kind: 'attention', token: 2, grid: { rows: 2, columns: 2, first: 1 } },
    })
    const weights = numbers(maps, maps.watched.value!.sequence!.values!)
    expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 5)

    // By hand, from all maps in float64: 5 weights of each of 5 queries, of 2 heads in 8 rows.
    let entropy = 0
    for (let row = 0; row < 8; row++)
      for (let head = 0; head < 2; head++) {
        const map = await ask(next('maps', 'vision.feat', { inner: ATTENTION, at: [row, head] }))
        for (const p of numbers(map, map.watched.value!.plane)) entropy -= (p * Math.log(p)) / (8 * 2 * 5)
      }
    const { stats } = maps.watched.value!
    expect(stats.entropy! / entropy).toBeCloseTo(1, 12)
    expect(stats.entropy).toBeLessThanOrEqual(Math.log(5))
    expect(stats.mean).toBeCloseTo(1 / 5, 6)
    expect(value!.stats.entropy).toBeUndefined()

    const words = await ask(next('words', 'text.feat', { inner: ATTENTION, at: [0, 0], token: 4 }))
    const { tokens, values } = words.watched.value!.sequence!
    expect(tokens!.map(t => t.text).slice(0, 2)).toEqual(['⟨start⟩', expect.any(String)])
    // Causal: nothing behind the token is seen.
    expect(numbers(words, values!).slice(5)).toEqual(Array(7).fill(0))
    const ids = await ask(next('ids', 'batch.caption', { at: [6] }))
    expect(ids.watched.value).toMatchObject({
      field: 'ids',
      plane: { rows: 1, columns: 12 },
      sequence: { kind: 'ids' },
    })
    expect(ids.watched.value!.sequence!.tokens!.some(t => !t.valid)).toBe(true)

    const label = await ask(next('label', 'batch.label'))
    expect(label.watched.value).toMatchObject({ dtype: 'int', plane: { rows: 1, columns: 8 } })
    await live.stop(run.id, 'cancel')
    await run.result
  })

  it('opens the pair of a cell', async () => {
    const live = new LiveEngine(cache)
    const run = live.run(sourceOf(file), { paused: true })
    await live.until(run.id, 'paused')
    await live.watch(run.id, [next('pairs', 'logits.pairs', { cell: [1, 6] })])
    const seen = await live.untilWatched(s => s.watched.id === 'pairs')
    const { cell, plane, rowNames } = seen.watched.value!
    const values = numbers(seen, plane)
    const score = values[1 * 8 + 6]!
    expect(cell).toMatchObject({ score, rows: 8, columns: 8 })
    expect(cell!.rankInRow).toBe(values.slice(8, 16).filter((v, i) => i === 6 || v >= score).length)
    expect(cell!.rankInColumn).toBe([0, 1, 2, 3, 4, 5, 6, 7].filter(i => values[i * 8 + 6]! >= score).length)
    expect(cell!.row).toEqual({
      row: rowNames[1],
      picture: { offset: expect.any(Number), width: 16, height: 16 },
    })
    expect(cell!.column).toEqual({ row: rowNames[6], text: expect.stringMatching(/number \d/) })
    await live.stop(run.id, 'cancel')
    await run.result
  })

  it('of one step stays on its rows, without augmentation', async () => {
    const live = new LiveEngine(cache)
    const pinned = next('pinned', 'batch.image', { sample: { step: 5 }, every: 4 })
    const run = live.run(sourceOf(file), { watches: [pinned, next('next', 'batch.image', { every: 4 })] })
    expect(ended(await run.result).outcome).toBe('completed')
    const of = (id: string) => live.watched.filter(s => s.watched.id === id)
    expect(of('pinned').map(s => s.watched.step)).toEqual([0, 4, 8, 12])
    const [first, ...others] = of('pinned').map(s => JSON.stringify(s.watched.value))
    for (const other of others) expect(other).toBe(first)
    expect(of('next')[0]!.watched.value!.rowNames).not.toEqual(of('next')[1]!.watched.value!.rowNames)
  })

  it('that can not be computed says why, and training goes on', async () => {
    const document = toyDocument()
    const { retrieval, zero_shot, ...nodes } = document.nodes
    const apart = { ...nodes, apart: { ...nodes.vision!, params: { ...nodes.vision!.params, width: 8 } } }
    const graph = { ...sourceOf(file), text: JSON.stringify({ ...document, nodes: apart }) }
    const live = new LiveEngine(cache)
    const watches = [
      next('none', 'nowhere.at_all'),
      next('host', 'data.dataset'),
      next('inner', 'vision.feat', { inner: 'transformer/resblocks/9/attn/attention' }),
      next('apart', 'apart.pooled'),
    ]
    const run = live.run(graph, { watches })
    expect(ended(await run.result).outcome).toBe('completed')
    // Once for each, not at every step.
    expect(live.watched).toHaveLength(watches.length)
    const problems = new Map(live.watched.map(s => [s.watched.id, s.watched.problem]))
    expect(Object.fromEntries(problems)).toMatchInlineSnapshot(`
      {
        "apart": ""apart.pooled" needs the weight "apart/class_embedding", which no loss of "train" reads: it has no value here",
        "host": ""data.dataset" carries no tensor that could be watched. Watch an output of a Batch or of a node that computes.",
        "inner": ""vision" offers no inner value "transformer/resblocks/9/attn/attention". Did you mean "transformer/resblocks/0/attn/attention"?",
        "none": "the run's graph has no node "nowhere"",
      }
    `)
  })
})
