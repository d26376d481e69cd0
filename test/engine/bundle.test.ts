import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { beforeAll, describe, expect, it } from 'vitest'
import { type PackFlags, packCommand } from '../../src/cli/commands/pack.ts'
import { readGraph } from '../../src/cli/graph-file.ts'
import { type Io, Output } from '../../src/cli/io.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { BundleError, readBundle } from '../../src/host/bundle.ts'
import { writeBundle } from '../../src/host/bundle-write.ts'
import { bitsOf, envelope } from '../../src/host/reduce-metrics.ts'
import { compareSteps } from '../../src/host/verify.ts'
import type { StepEvent } from '../../src/protocol/messages.ts'
import { ended, LiveEngine, sourceOf } from './live.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const scratch = fileScratch()
const good = join(scratch, 'toy.dpt')
let run: string
let steps: StepEvent[]

beforeAll(async () => {
  await makePictures(scratch)
  const live = new LiveEngine(join(scratch, 'cache'))
  const { id, result } = live.run(sourceOf(writeToy(scratch)))
  run = ended(await result).run
  steps = live.events(id).filter(e => e.type === 'step')
  await writeBundle(run, good)
})

type Members = Record<string, Uint8Array>

const members = (): Members => unzipSync(readFileSync(good))

/** A bundle with other members; the manifest is made to fit them unless it is one of them. */
function forge(name: string, change: (m: Members) => void, fit = true): string {
  const m = members()
  change(m)
  if (fit) {
    const manifest = JSON.parse(Buffer.from(m['manifest.json']!).toString())
    manifest.members = Object.fromEntries(
      Object.entries(m)
        .filter(([n]) => n !== 'manifest.json')
        .map(([n, b]) => [n, { bytes: b.length, sha256: createHash('sha256').update(b).digest('hex') }]),
    )
    m['manifest.json'] = Buffer.from(JSON.stringify(manifest))
  }
  const path = join(scratch, `${name.replaceAll(/\W+/g, '-')}.dpt`)
  writeFileSync(path, zipSync(m))
  return path
}

/** The archive's bytes, changed. */
function bend(name: string, change: (bytes: Buffer) => Buffer | undefined): string {
  const bytes = Buffer.from(readFileSync(good))
  const path = join(scratch, `${name.replaceAll(/\W+/g, '-')}.dpt`)
  writeFileSync(path, change(bytes) ?? bytes)
  return path
}

const put =
  (name: string, bytes: Uint8Array) =>
  (m: Members): void => {
    m[name] = bytes
  }

const drop =
  (name: string) =>
  (m: Members): void => {
    delete m[name]
  }

const text = (s: string): Uint8Array => Buffer.from(s)
const LISTED = Buffer.from([0x50, 0x4b, 1, 2])

describe('a bundle', () => {
  it('shows what its author saw', async () => {
    const bundle = await readBundle(good)
    expect(bundle.document.meta.title).toBe('A toy')
    expect(Object.keys(bundle.document.lock.schemas!)).toEqual(['data.dataset'])
    expect(parseGraph(bundle.text).diagnostics).toEqual([])
    for (const node of ['retrieval', 'zero_shot'])
      expect(bundle.reports[node]).toEqual(
        JSON.parse(readFileSync(join(run, 'reports', `${node}.json`), 'utf8')),
      )
    const shown = bundle.reports.retrieval!.galleries![0]!.items.map(i => i.picture!)
    for (const name of shown)
      expect(Buffer.from(bundle.pictures.get(name)!)).toEqual(readFileSync(join(run, 'pictures', name)))
    // Twelve steps are few enough to be whole.
    expect(bundle.events.filter(e => e.type === 'step')).toEqual(steps)
    expect(bundle.events[1]).toMatchObject({ type: 'train', node: 'train', steps: 12 })
    expect(bundle.events.find(e => e.type === 'train')?.parameters).toBeGreaterThan(1000)
    expect(bundle.stages.train!.first.map(f => f.step)).toEqual(steps.map(s => s.step))
    expect(bundle.stages.train!.key).toMatchObject({ seed: 7, steps: 12 })
    expect(bundle.weights).toEqual([])
    expect(compareSteps(bundle.stages.train!.first, steps, true)).toEqual({ verdict: 'match', steps: 12 })
  })

  it('has the same bytes when it is written again, and weights only when asked', async () => {
    const again = join(scratch, 'again.dpt')
    const { members: names } = await writeBundle(run, again)
    expect(readFileSync(again)).toEqual(readFileSync(good))
    expect(names.filter(n => n.startsWith('weights/'))).toEqual([])
    const heavy = join(scratch, 'heavy.dpt')
    await writeBundle(run, heavy, { weights: true })
    const { weights } = await readBundle(heavy)
    expect(weights).toEqual(['train'])
    const file = unzipSync(readFileSync(heavy))['weights/train.safetensors']!
    expect(Buffer.from(file)).toEqual(
      readFileSync(join(run, 'checkpoints', 'train', 'step-12', 'weights.safetensors')),
    )
  })

  it('says what is wrong with a folder that is no run', async () => {
    await expect(writeBundle(scratch, join(scratch, 'no.dpt'))).rejects.toThrow(/no run's folder/)
  })
})

describe('diptych pack', () => {
  const pack = async (file: string, flags: PackFlags = {}) => {
    const said = { out: '', err: '' }
    const io: Io = {
      out: new Output({ write: t => (said.out += t) }, {}),
      err: new Output({ write: t => (said.err += t) }, {}),
      onBrokenPipe: () => {},
    }
    const code = await packCommand(file, flags, io)
    return { code, ...said }
  }

  it('packs the newest run beside the graph file, and reads it as a graph', async () => {
    const output = join(scratch, 'packed.dpt')
    const { code, out, err } = await pack(join(scratch, 'toy.json'), { output })
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/2 reports, \d+ pictures, 1 training, no weights/)
    expect(readFileSync(output)).toEqual(readFileSync(good))
    const { document } = parseGraph((await readGraph(output)).text)
    expect(document!.meta.title).toBe('A toy')
  })

  it('says so when the graph was edited since', async () => {
    const file = writeToy(scratch, { train: { steps: 13 } }, 'edited.json')
    const { err } = await pack(file, { run })
    expect(err).toMatch(/warning .*edited\.json is not what ran in/)
  })

  it('asks for a run where there is none', async () => {
    const file = writeToy(scratch, {}, 'never.json')
    await expect(pack(file)).rejects.toThrow(/has no run with reports/)
    await expect(pack(file, { run: scratch })).rejects.toThrow(/no run's folder/)
  })
})

describe('a hostile bundle is refused:', () => {
  const cases: readonly (readonly [string, () => string, RegExp])[] = [
    ['a member that leads outside', () => forge('outside', put('../evil.json', text('{}'))), /no place/],
    ['an absolute path', () => forge('absolute', put('/etc/passwd', text('x'))), /no place/],
    ['an unknown member', () => forge('unknown', put('run.sh', text('x'))), /no place/],
    ['a report of __proto__', () => forge('proto', put('reports/__proto__.json', text('{}'))), /no place/],
    [
      'content with another hash',
      () => forge('hash', m => put('graph.json', text(`${Buffer.from(m['graph.json']!)} `))(m), false),
      /graph\.json is not what its manifest says/,
    ],
    [
      'a member the manifest lacks',
      () => forge('extra', put('reports/x.json', text('{}')), false),
      /manifest/,
    ],
    ['a missing member', () => forge('missing', drop('graph.json'), false), /lacks/],
    ['no manifest', () => forge('bare', drop('manifest.json'), false), /manifest\.json/],
    ['a graph that is none', () => forge('graph', put('graph.json', text('{}'))), /graph can't be read/],
    [
      'a report of another form',
      () => forge('report', put('reports/retrieval.json', text('{"metrics":{"a":"<script>"}}'))),
      /reports\/retrieval\.json is malformed: metrics\.a/,
    ],
    [
      'a picture that is a page',
      () => forge('page', put('pictures/0123456789abcdef.webp', text('<svg onload=alert(1)>'))),
      /no WebP/,
    ],
    [
      'a newer format',
      () => forge('newer', put('manifest.json', text('{"format":"diptych-bundle","version":2}')), false),
      /newer Diptych/,
    ],
    ['a bomb', () => forge('bomb', put('metrics/b.json', new Uint8Array(8_000_000))), /200 times/],
    [
      'a member that is too large',
      () => forge('large', put('licences.txt', new Uint8Array(2 ** 20 + 1))),
      /more than 1048576/,
    ],
    [
      'too many entries',
      () =>
        forge('many', m => {
          for (let i = 0; i < 4100; i++) m[`reports/r${i}.json`] = text('')
        }),
      /entries, more than 4096/,
    ],
    ['a file cut short', () => bend('short', b => b.subarray(0, b.length - 30)), /no zip archive|cut short/],
    ['no archive at all', () => bend('noise', () => Buffer.from('hello')), /no zip archive/],
    ['an empty file', () => bend('empty', () => Buffer.alloc(0)), /no zip archive/],
    [
      'a size that lies',
      () =>
        bend('lies', b => {
          const at = b.indexOf(LISTED)
          b.writeUInt32LE(b.readUInt32LE(at + 24) - 1, at + 24)
          return b
        }),
      /damaged/,
    ],
    [
      'two entries in one place',
      () =>
        bend('overlap', b => {
          const first = b.indexOf(LISTED)
          const second = b.indexOf(LISTED, first + 1)
          b.writeUInt32LE(b.readUInt32LE(first + 42), second + 42)
          return b
        }),
      /overlaps/,
    ],
    [
      'an encrypted entry',
      () =>
        bend('secret', b => {
          const at = b.indexOf(LISTED)
          b.writeUInt16LE(b.readUInt16LE(at + 8) | 1, at + 8)
          return b
        }),
      /encrypted/,
    ],
    [
      'an entry with two names',
      () =>
        bend('names', b => {
          b.write('graph.jsoX', 30, 'latin1')
          return b
        }),
      /otherwise in its own place/,
    ],
  ]
  it.each(cases)('%s', async (_, make, message) => {
    const path = make()
    const failure = await readBundle(path).then(
      () => undefined,
      e => e as Error,
    )
    expect(failure).toBeInstanceOf(BundleError)
    expect(failure!.message).toMatch(message)
    expect(failure!.message).toContain(path)
  })

  it('whatever byte of it is changed', async () => {
    const original = readFileSync(good)
    // The local headers' times and sizes are never looked at; what is read must be the same or refused.
    const wanted = await readBundle(good)
    const stride = Math.max(1, Math.floor(original.length / 400))
    for (let at = 0; at < original.length; at += stride) {
      const path = bend('flip', b => {
        b[at]! ^= 0x5a
        return b
      })
      const got = await readBundle(path).catch((e: unknown) => e)
      if (got instanceof Error) expect(got, `byte ${at}: ${got.stack}`).toBeInstanceOf(BundleError)
      else expect(got).toEqual(wanted)
    }
  })
})

describe('reduced metrics', () => {
  it('keep every extreme, in order, in at most 2000 points', () => {
    const n = 100_000
    const values = Array.from(
      { length: n },
      (_, i) => Math.sin(i / 50) + (i === 77_777 ? 9 : 0) - (i === 3 ? 9 : 0),
    )
    const points = envelope({ steps: values.map((_, i) => i), values })
    expect(points.steps.length).toBeLessThanOrEqual(2000)
    expect(points.steps[0]).toBe(0)
    expect(points.steps.at(-1)).toBe(n - 1)
    expect(points.steps).toContain(77_777)
    expect(points.steps).toContain(3)
    expect(points.steps).toEqual([...points.steps].sort((a, b) => a - b))
  })

  it('write bits as hex', () => {
    expect(bitsOf(1)).toBe('3f800000')
    expect(bitsOf(-0)).toBe('80000000')
    expect(bitsOf(0.1)).toBe('3fb999999999999a')
  })
})

describe('verification', () => {
  const first = [0, 1, 2].map(step => ({ step, loss: 1 + step, bits: bitsOf(1 + step) }))
  const here = (change: (loss: number, step: number) => number): StepEvent[] =>
    first.map(({ step, loss }) => ({ type: 'step', node: 't', step, 'train/loss': change(loss, step) }))

  it('names the first step that differs, with both values', () => {
    expect(
      compareSteps(
        first,
        here((l, s) => (s === 1 ? l + 1e-6 : l)),
        true,
      ),
    ).toEqual({
      verdict: 'mismatch',
      step: 1,
      theirs: 2,
      here: 2.000001,
    })
  })

  it('allows last bits to another engine, and no more', () => {
    expect(
      compareSteps(
        first,
        here(l => l + 1e-6),
        false,
      ),
    ).toEqual({ verdict: 'close', steps: 3 })
    expect(
      compareSteps(
        first,
        here(l => l + 1e-3),
        false,
      ),
    ).toMatchObject({ verdict: 'mismatch', step: 0 })
    expect(
      compareSteps(
        first,
        here(() => Number.NaN),
        false,
      ),
    ).toMatchObject({ verdict: 'mismatch' })
  })

  it('says when a replay was too short', () => {
    expect(compareSteps(first, here(l => l).slice(0, 2), true)).toEqual({ verdict: 'short', steps: 2 })
  })
})
