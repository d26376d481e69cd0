import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sharedData, writeFiles } from '../data/helpers.ts'
import { failureOf, runHere } from '../engine/run-kit.ts'
import { fileScratch } from '../engine/toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const graphs = fileURLToPath(new URL('../../graphs', import.meta.url))

/** Everything so small that the reference backend trains a step in no time; what is measured stays as it is. */
const small = [
  ['vision', 'width', 16],
  ['vision', 'depth', 1],
  ['vision', 'heads', 2],
  ['vision', 'patch', 8],
  ['text', 'width', 16],
  ['text', 'depth', 1],
  ['text', 'heads', 2],
  ['batch', 'imageSize', 16],
  ['tokenizer', 'vocabSize', 300],
  ['train', 'steps', 1],
].map(([node, param, value]) => ({ node: String(node), param: String(param), value }))

/** A copy of a graph in a folder of its own, with the files that a person would put beside it. */
function beside(graph: string): { readonly folder: string; readonly file: string } {
  const folder = join(scratch, graph.replace(/\W/g, '-'))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'graph.json')
  cpSync(join(graphs, graph), file)
  return { folder, file }
}

const linesOf = <T>(path: string): T[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as T)

const run = (file: string, batch: number) =>
  runHere(file, { cache, set: [...small, { node: 'batch', param: 'size', value: batch }] })

describe('without the files', () => {
  test.each([
    [
      'real-data/sugarcrepe.json',
      'sugarcrepe',
      /no .*add_obj\.json, .*swap_att\.json in .*github\.com\/RAIVNLab\/sugar-crepe/,
    ],
    ['real-data/vsr.json', 'vsr_test', /no file .*test\.jsonl, and no folder .*github\.com\/cambridgeltl/],
    ['contrastive/nlvr.json', 'nlvr_dev', /no file .*dev\.json, and no folder .*github\.com\/lil-lab\/nlvr/],
  ])('%s says what to put where', async (graph, node, problem) => {
    const ran = await runHere(beside(graph).file, { cache })
    const { result } = ran
    expect(result).toMatchObject({ type: 'failed' })
    const said = 'diagnostics' in result ? result.diagnostics.find(d => d.node === node) : undefined
    expect(said?.message ?? failureOf(ran)).toMatch(problem)
  })
})

const coco = sharedData('coco_open/sugarcrepe_linked.jsonl')
describe.skipIf(coco.missing)(`with photographs${coco.missing ? ` (skipped: ${coco.missing})` : ''}`, () => {
  const folder = join(coco.path, '..')
  interface Picture {
    readonly id: number
    readonly image: string
    readonly captions: readonly string[]
  }
  const fileName = (image: string) => image.replace('images/', '')

  test('SugarCrepe as published: every subset with its blind baseline, none of its pictures trained on', async () => {
    const { folder: own, file } = beside('real-data/sugarcrepe.json')
    interface Item {
      readonly type: string
      readonly image: string
      readonly caption: string
      readonly negative_caption: string
    }
    const items = linesOf<Item>(coco.path)
    const pictures = linesOf<Picture>(join(folder, 'images.jsonl')).filter(p => p.captions.length > 0)
    const subsets = 'add_obj add_att replace_obj replace_att replace_rel swap_obj swap_att'.split(' ')
    const subset = (type: string) => {
      const rows = items.filter(i => i.type === type)
      const published = rows.map(({ image, caption, negative_caption }) => ({
        filename: fileName(image),
        caption,
        negative_caption,
      }))
      return JSON.stringify(Object.fromEntries(published.map((row, at) => [at, row])), null, 4)
    }
    await writeFiles(own, {
      ...Object.fromEntries(subsets.map(type => [`sugar-crepe/data/${type}.json`, subset(type)])),
      'coco/annotations/captions_val2017.json': JSON.stringify({
        images: pictures.map(p => ({ id: p.id, file_name: fileName(p.image) })),
        annotations: pictures.flatMap((p, i) =>
          p.captions.map((caption, k) => ({ id: 10 * i + k, image_id: p.id, caption })),
        ),
      }),
    })
    cpSync(join(folder, 'images'), join(own, 'coco/val2017'), { recursive: true })
    const { result } = await run(file, 4)
    expect(result).toMatchObject({ type: 'result', outcome: 'completed' })
    const report = 'reports' in result ? result.reports.choice! : undefined
    expect(report?.metrics.n).toBe(items.length)
    for (const type of new Set(items.map(i => i.type)))
      for (const figure of ['accuracy', 'blind_accuracy'])
        expect(report?.metrics[`${figure}/${type}`], type).toBeTypeOf('number')
    // One row more than there are pictures that are not tested: there are no others to train on.
    const tested = new Set(items.map(i => i.image))
    const others = pictures.filter(p => !tested.has(p.image)).length
    expect(others).toBeGreaterThan(4)
    expect(others).toBeLessThan(pictures.length)
    expect(failureOf(await run(file, others + 1))).toMatch(new RegExp(`has ${others} rows, fewer`))
  }, 60_000)

  test('VSR as published: accuracy by relation, the threshold from the development rows', async () => {
    const { folder: own, file } = beside('real-data/vsr.json')
    interface Row {
      readonly image: string
      readonly caption: string
      readonly label: boolean
      readonly relation: string
    }
    const rows = linesOf<Row>(join(folder, 'vsr_linked.jsonl'))
    const published = rows
      .map(r => ({ ...r, image: fileName(r.image), label: Number(r.label) }))
      .map(row => JSON.stringify(row))
      .join('\n')
    const data = 'visual-spatial-reasoning/data'
    await writeFiles(
      own,
      Object.fromEntries(['train', 'dev', 'test'].map(s => [`${data}/splits/random/${s}.jsonl`, published])),
    )
    cpSync(join(folder, 'images'), join(own, data, 'images'), { recursive: true })
    const { result } = await run(file, 4)
    expect(result).toMatchObject({ type: 'result', outcome: 'completed' })
    const report = 'reports' in result ? result.reports.truth! : undefined
    const trues = rows.filter(r => r.label).length
    expect(report?.metrics).toMatchObject({
      n: rows.length,
      majority: Math.max(trues, rows.length - trues) / rows.length,
    })
    for (const { relation } of rows) expect(report?.metrics[`accuracy/${relation}`]).toBeTypeOf('number')
    // Chosen on the very rows here, so nothing constant can be better.
    expect(report?.metrics.accuracy).toBeGreaterThanOrEqual(report!.metrics.majority!)
  })
})

const nlvr = sharedData('nlvr/dev/examples.jsonl')
test.skipIf(nlvr.missing)(
  `NLVR as published: the development set, validated by directory${nlvr.missing ? ` (skipped: ${nlvr.missing})` : ''}`,
  async () => {
    const { folder, file } = beside('contrastive/nlvr.json')
    interface Row {
      readonly id: string
      readonly image: string
      readonly sentence: string
      readonly label: boolean
    }
    const rows = linesOf<Row>(nlvr.path).slice(0, 60)
    const directoryOf = ({ id }: Row) => String(Number(id.split('-')[0]) % 40)
    for (const split of ['train', 'dev']) {
      const published = rows.map(row =>
        JSON.stringify({
          sentence: row.sentence,
          evals: { r0: String(row.label) },
          structured_rep: [[], [], []],
          identifier: row.id,
          directory: directoryOf(row),
          label: String(row.label),
        }),
      )
      await writeFiles(folder, { [`nlvr/nlvr/${split}/${split}.json`]: published.join('\n') })
      for (const row of rows) {
        const name = `${split}-${row.id}-0.png`
        cpSync(
          join(nlvr.path, '..', row.image),
          join(folder, `nlvr/nlvr/${split}/images`, directoryOf(row), name),
        )
      }
    }
    const ran = await run(file, 4)
    expect(ran.result).toMatchObject({ type: 'result', outcome: 'completed' })
    expect(ran.log).toBe('')
    const report = 'reports' in ran.result ? ran.result.reports.truth! : undefined
    const trues = rows.filter(r => r.label).length
    expect(report?.metrics).toMatchObject({
      n: rows.length,
      majority: Math.max(trues, rows.length - trues) / rows.length,
    })
    expect(report?.items?.blind_accuracy).toHaveLength(rows.length)
  },
)
