import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tilesOf } from '../../src/engine/evaluation-cells.ts'
import { meanBytes } from '../../src/engine/evaluation-rows.ts'
import type { Report } from '../../src/graph/host.ts'
import { defineEvaluator, z } from '../../src/graph/kit.ts'
import { measuredInputs, pairInputs } from '../../src/nodes/evaluation/inputs.ts'
import { type RanHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, ROWS, toyDocument } from './toy.ts'

const scratch = fileScratch()

/** Asks the context for everything that it can give, and compares one way to get it with another. */
const everything = defineEvaluator({
  type: 'evaluation.everything',
  version: 1,
  title: 'Everything',
  category: 'evaluation',
  doc: 'Compares what an evaluation can ask for.',
  params: z.strictObject({}),
  inputs: {
    ...pairInputs,
    embedding: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', '*'] },
      doc: 'Embeddings of the pictures.',
    },
    train: { ...measuredInputs.dataset, doc: 'Further rows.' },
  },
  types: () => ({ report: { kind: 'report' } }),
  needs: () => ({
    pairs: { port: 'pairs', rows: 'pictures', columns: 'texts' },
    wires: ['embedding'],
    fields: { label: 'category', caption: 'text', image: 'image' },
  }),
  evaluate: async (context): Promise<Report> => {
    const captions = (await context.texts('caption')).map(t => t[0]!)
    const images = await context.embedPictures('rows', 'image')
    const texts = await context.embedTexts('columns', captions)
    const all = await context.similarities(images, texts)
    const n = captions.length
    const cells = Array.from({ length: 300 }, (_, i) => [(i * 7) % n, (i * i * 11) % n] as const)
    const some = await context.pairScores(images, texts, cells)
    const dataset = await context.similarities(await context.embedDataset('rows'), texts)
    const [here, there] = [await context.embed('embedding'), await context.embed('embedding', 'train')]
    const lengths = Array.from({ length: n }, (_, r) =>
      Math.hypot(...here.values.subarray(r * here.width, (r + 1) * here.width)),
    )
    const mean = await context.embedMeanPicture('rows', 'image')
    const unseen = await context.pairScores(mean, texts, [
      [0, 0],
      [0, 1],
    ])
    return {
      metrics: {
        cells: Math.max(...cells.map(([r, c], i) => Math.abs(some[i]! - all[r * n + c]!))),
        pictures: Math.max(...all.map((s, i) => Math.abs(s - dataset[i]!))),
        unit: Math.max(...lengths.map(l => Math.abs(l - 1))),
        rows: here.rows,
        other_rows: there.rows,
        same: Number(here.values.every((x, i) => x === there.values[i])),
        labels: (await context.category('label', 'train')).classes.length,
        mean_rows: mean.rows,
        unseen: Number(unseen.every(Number.isFinite) && unseen[0] !== unseen[1]),
      },
    }
  },
})

describe('what evaluators ask for', () => {
  let ran: RanHere
  beforeAll(async () => {
    await makePictures(scratch)
    // Texts of scenes must fit whole: two that differ after the last token would be ties.
    const document = toyDocument({ train: { steps: 2 }, batch: { textLength: 96 } })
    const { retrieval, zero_shot, ...nodes } = document.nodes as Record<string, object>
    const measured = { pairs: 'logits.pairs', weights: 'train.weights' }
    const more = {
      everything: {
        type: 'evaluation.everything',
        v: 1,
        in: {
          ...measured,
          dataset: 'data.dataset',
          train: 'data.dataset',
          embedding: 'image_unit.output',
        },
      },
      hard: {
        type: 'data.scenes',
        v: 1,
        params: { rows: 'pairs', count: 12, fewest: 2, most: 2, split: 'test' },
      },
      choice: {
        type: 'evaluation.forcedChoice',
        v: 1,
        params: { blind: true },
        in: { ...measured, dataset: 'hard.dataset' },
      },
    }
    const quads = {
      pictures: {
        type: 'data.scenes',
        v: 1,
        params: { rows: 'quads', count: 12, fewest: 2, most: 2, split: 'test' },
      },
      quads: {
        type: 'evaluation.quads',
        v: 1,
        params: { kind: 'kind' },
        in: { ...measured, dataset: 'pictures.dataset' },
      },
    }
    const file = join(scratch, 'evaluated.json')
    writeFileSync(file, JSON.stringify({ ...document, nodes: { ...nodes, ...more, ...quads } }))
    ran = await runHere(file, { cache: join(scratch, 'cache'), nodes: [everything] })
    expect(ran.result, JSON.stringify(ran.result)).toMatchObject({ outcome: 'completed' })
  }, 120_000)
  const report = (id: string): Report => (ran.result as { reports: Record<string, Report> }).reports[id]!

  it('is the same whichever way it is asked for', () => {
    const { cells, pictures, unit, ...rest } = report('everything').metrics
    // Logits are up to 1/0.07; float32.
    expect(cells).toBeLessThan(1e-5)
    expect(pictures).toBeLessThan(1e-5)
    expect(unit).toBeLessThan(1e-5)
    expect(rest).toEqual({
      rows: ROWS,
      other_rows: ROWS,
      same: 1,
      labels: 3,
      mean_rows: 1,
      unseen: 1,
    })
  })

  it('scores hard pairs of scenes, and the same blind', () => {
    const { metrics, items, tables, attribution } = report('choice')
    const n = metrics.n!
    expect(n).toBeGreaterThan(12)
    expect(items!.accuracy).toHaveLength(n)
    expect(items!.blind_accuracy).toHaveLength(n)
    for (const name of ['accuracy', 'blind_accuracy']) {
      expect(metrics[name]).toBeCloseTo(items![name]!.reduce((a, b) => a + b, 0) / n, 12)
    }
    expect(metrics.chance).toBe(0.5)
    const kinds = tables![0]!.rows.slice(1)
    expect(kinds.reduce((sum, row) => sum + Number(row[1]), 0)).toBe(n)
    expect(attribution![0]!.name).toBe('Scenes')
  })

  it('scores quads of scenes over two columns of pictures', () => {
    const { metrics, items } = report('quads')
    expect(metrics.n).toBeGreaterThan(8)
    expect(metrics).toMatchObject({ chance_text: 0.25, chance_image: 0.25, chance_group: 1 / 6, nan: 0 })
    // The second pictures are others than the first: with the same ones every row would be a tie.
    expect(metrics.ties).toBe(0)
    items!.group!.forEach((right, i) => {
      expect(right).toBe(items!.text![i]! * items!.image![i]!)
    })
  })
})

describe('tiles of cells', () => {
  it('hold every cell once, within their size', () => {
    const cells = Array.from({ length: 500 }, (_, i) => [(i * 31) % 97, (i * i) % 53] as const)
    for (const size of [1, 2, 16, 200]) {
      const seen: number[] = []
      for (const tile of tilesOf(cells, size)) {
        expect(tile.rows.length).toBeLessThanOrEqual(size)
        expect(tile.columns.length).toBeLessThanOrEqual(size)
        for (const { cell, row, column } of tile.cells) {
          expect([tile.rows[row], tile.columns[column]]).toEqual(cells[cell])
          seen.push(cell)
        }
      }
      expect(seen).toEqual(cells.map((_, i) => i))
    }
    expect(tilesOf([], 4)).toEqual([])
  })

  it('packs the texts of one picture into one tile', () => {
    const cells = Array.from({ length: 8 }, (_, i) => [i >> 1, i] as const)
    expect(tilesOf(cells, 8)).toHaveLength(1)
    expect(tilesOf(cells, 4).map(t => t.rows)).toEqual([
      [0, 1],
      [2, 3],
    ])
  })
})

it('takes the mean of pictures over all chunks, rounded', async () => {
  const rows = [
    [0, 10, 255],
    [1, 11, 255],
    [1, 12, 254],
  ]
  const read = async (at: Int32Array) => Uint8Array.from([...at].flatMap(r => rows[r]!))
  for (const chunk of [1, 2, 3, 8]) expect([...(await meanBytes(3, chunk, read))]).toEqual([1, 11, 255])
})
