import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fileScratch } from '../engine/toy.ts'
import { envWith, lossesOf, noXla, resultOf, root, runCli, skipNote, TRACE } from './kit.ts'

const scratch = fileScratch()
const env = envWith(join(scratch, 'cache'))

/** Read files that only their user has. */
const OWN_FILES = new Set(['contrastive/nlvr.json', 'real-data/sugarcrepe.json', 'real-data/vsr.json'])

/** Together they have most kinds of nodes. All others run in `npm run test:long`, as each compiles its own programs. */
const SAMPLE = new Set([
  'clip-emoji.json',
  'data-tables.json',
  'contrastive/llip.json',
  'contrastive/negclip-finetune.json',
  'contrastive/statements.json',
  'examples/codebook.json',
  'examples/probes.json',
])
const LONG = process.env.DIPTYCH_TEST_LONG === '1'

const folder = join(root, 'graphs')

interface GraphFile {
  /** Beside the graphs lie files of data. */
  readonly format?: string
  readonly nodes: Readonly<Record<string, { readonly type: string }>>
}

const read = (name: string): GraphFile => JSON.parse(readFileSync(join(folder, name), 'utf8')) as GraphFile

const graphs = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter(entry => entry.name.endsWith('.json') && !entry.parentPath.includes('.diptych'))
  .map(entry => relative(folder, join(entry.parentPath, entry.name)))
  .filter(name => !OWN_FILES.has(name) && read(name).format === 'diptych-graph')
  .filter(name => LONG || SAMPLE.has(name))

/** What makes any bundled graph small, by node type. */
const SMALL: Readonly<Record<string, readonly string[]>> = {
  'data.emoji': ['variants=false'],
  'data.scenes': ['count=200'],
  'data.sceneClips': ['count=60'],
  'text.bpe': ['vocabSize=300'],
  'data.batch': ['size=8', 'imageSize=16', 'textLength=8'],
  'encoder.vit': ['width=16', 'depth=1', 'heads=2', 'patch=8'],
  'encoder.text': ['width=16', 'depth=1', 'heads=2'],
  'optimizer.schedule': ['steps=3', 'warmup=1'],
  'evaluation.curve': ['steps=2'],
  'evaluation.throughput': ['rounds=2', 'steps=1', 'warmUp=1'],
  train: ['steps=3'],
}

/** Who is credited where scores of this data are shown. */
const CREDITS: Readonly<Record<string, string>> = {
  'data.emoji': 'Noto Emoji pictures: Google (Apache-2.0)',
  'data.scenes': 'Scenes: Diptych, drawn by the program itself (Apache-2.0)',
}

const typesOf = (name: string): (readonly [id: string, type: string])[] =>
  Object.entries(read(name).nodes).map(([id, { type }]) => [id, type])

const small = (name: string): string[] =>
  typesOf(name).flatMap(([id, type]) => (SMALL[type] ?? []).flatMap(change => ['--set', `${id}.${change}`]))

describe.skipIf(noXla)(`a bundled graph runs a few steps on the default engine${skipNote}`, () => {
  test.each(graphs)('%s', { timeout: 120_000 }, async name => {
    const out = join(scratch, 'out')
    const ran = await runCli(['run', join('graphs', name), ...small(name), '--out', out, '--json'], env)
    expect(ran.stderr).not.toMatch(TRACE)
    expect(ran.code, ran.stderr).toBe(0)
    expect(ran.lines.filter(line => / no gradient/.test(String(line.message)))).toEqual([])
    const trains = typesOf(name).filter(([, type]) => type === 'train')
    expect(lossesOf(ran.lines)).toHaveLength(3 * trains.length)
    const { reports, attribution } = resultOf(ran)
    expect(Object.keys(reports).length).toBeGreaterThan(0)
    for (const { metrics } of Object.values(reports))
      for (const value of Object.values(metrics)) expect(Number.isFinite(value)).toBe(true)
    for (const [, type] of typesOf(name)) {
      const credit = CREDITS[type]
      if (credit === undefined) continue
      expect(attribution).toContain(credit)
      expect(ran.stderr).toContain('Credits: ')
    }
  })
})
