import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openBackend } from '../../src/engine/backends.ts'
import { type ClipSize, clipBenchmark } from '../../src/engine/bench/clip.ts'
import { compileBenchmark } from '../../src/engine/bench/compile.ts'
import type { Benchmark } from '../../src/engine/bench/contender.ts'
import { dataBenchmark } from '../../src/engine/bench/data.ts'
import { decodeBenchmark } from '../../src/engine/bench/decode.ts'
import { elementwiseBenchmark } from '../../src/engine/bench/elementwise.ts'
import { BENCHMARKS } from '../../src/engine/bench/index.ts'
import { Peer, type PeerCommand, peersOf } from '../../src/engine/bench/peer.ts'
import { parseReply } from '../../src/engine/bench/reply.ts'
import { bench, runBenchmark } from '../../src/engine/bench/run.ts'
import { vitForwardBenchmark, vitStepBenchmark } from '../../src/engine/bench/vit.ts'
import { vqvaeBenchmark } from '../../src/engine/bench/vqvae.ts'
import { Engine } from '../../src/engine/engine.ts'
import { cacheFolder } from '../../src/engine/paths.ts'
import { tensor } from '../../src/ir/types.ts'
import { registry } from '../../src/nodes/index.ts'
import { BENCHMARK_NAMES, type Command } from '../../src/protocol/messages.ts'
import { hostArray } from '../../src/runtime/host-array.ts'
import { findBinding } from '../../src/runtime/tfjs/load.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'

const TINY: ClipSize = {
  batch: 4,
  image: 8,
  patch: 4,
  length: 6,
  vocabulary: 32,
  width: 8,
  heads: 2,
  visionDepth: 1,
  textDepth: 1,
}

const context = {
  registry,
  cacheDir: cacheFolder(),
  codeHash: () => 'test',
  emit: () => {},
  signal: new AbortController().signal,
  stopping: () => undefined,
  gate: () => undefined,
  room: () => undefined,
  persistWith: () => {},
}

/** A peer in Node: `body` runs first; `on(n)` is what it does when told to take n steps. */
function fakePeer(name: string, body: string): PeerCommand {
  const folder = mkdtempSync(join(tmpdir(), 'diptych-peer-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const script = join(folder, 'peer.mjs')
  writeFileSync(
    script,
    `import { createInterface } from 'node:readline'
    const say = x => console.log(JSON.stringify(x))
    let on = n => say({ ms: Array(n).fill(2) })
    ${body}
    for await (const line of createInterface({ input: process.stdin })) {
      const { cmd, n } = JSON.parse(line)
      if (cmd === 'quit') break
      on(n)
    }`,
  )
  return { name, program: process.execPath, args: [script] }
}

const READY = `say({ ready: true, versions: { fake: '1.0' }, parameters: 7, first: 1.5 })`

describe('what a peer says', () => {
  test('the three messages', () => {
    const ready = '{"ready": true, "versions": {"jax": "1"}, "cores": 2, "parameters": 7, "first": 1.5}'
    expect(parseReply(ready)).toEqual({
      kind: 'ready',
      versions: { jax: '1' },
      parameters: 7,
      first: 1.5,
    })
    expect(parseReply('{"ms": [1.5, 2]}')).toEqual({ kind: 'times', ms: [1.5, 2] })
    expect(parseReply('{"error": "no module"}')).toEqual({ kind: 'error', message: 'no module' })
  })

  test.each([
    '',
    'W1125 triton not found',
    '{"ready": true, "versions": {}, "parameters": 7}',
    '{"ms": []}',
    '{"ms": ["x"]}',
    '{"ms": [-1]}',
    '{}',
    '3',
    'null',
    '[1]',
    '{"ms',
  ])('anything else is noise: %s', line => {
    expect(parseReply(line)).toBeUndefined()
  })
})

describe('a peer', () => {
  test('answers among the noise of its libraries', async () => {
    const { peer, ready } = await Peer.start(fakePeer('fake', `console.log('warming up'); ${READY}`))
    expect(ready.versions).toEqual({ fake: '1.0' })
    expect(await peer.calls(3)).toEqual([2, 2, 2])
    peer.quit()
  })

  test('that is not installed says how to install it', async () => {
    const start = Peer.start({ name: 'jax', program: '/nowhere/python', args: [] })
    await expect(start).rejects.toThrow('not installed (node bench/setup_peers.mjs installs it)')
  })

  test('that reports an error at its start is refused with it', async () => {
    const start = Peer.start(fakePeer('fake', `say({ error: 'ImportError: no jax' }); process.exit(1)`))
    await expect(start).rejects.toThrow('ImportError: no jax')
  })

  test('that dies at its start is reported with its code and last words', async () => {
    const start = Peer.start(fakePeer('fake', `console.error('boom'); process.exit(3)`))
    await expect(start).rejects.toThrow('it ended with exit code 3: boom')
  })

  test('that is killed while it works is reported with the signal', async () => {
    const body = `${READY}; on = () => process.kill(process.pid, 'SIGKILL')`
    const { peer } = await Peer.start(fakePeer('fake', body))
    await expect(peer.calls(2)).rejects.toThrow('it was ended by SIGKILL')
    await expect(peer.calls(2)).rejects.toThrow('it was ended by SIGKILL')
  })

  test('that hangs is given up', async () => {
    const { peer } = await Peer.start(fakePeer('fake', `${READY}; on = () => {}`))
    await expect(peer.calls(1, 200)).rejects.toThrow('no answer within')
    peer.kill()
  })

  test('that answers with another number of steps is refused', async () => {
    const { peer } = await Peer.start(fakePeer('fake', `${READY}; on = () => say({ ms: [1] })`))
    await expect(peer.calls(2)).rejects.toThrow('it was asked for 2 calls')
    peer.quit()
  })
})

describe('the command', () => {
  const ask = (command: Partial<Extract<Command, { type: 'bench' }>>) =>
    ({ id: 1, type: 'bench', name: 'clip', rounds: 1, stepsPerRound: 1, ...command }) as const

  test('an unknown benchmark and an unknown peer are failures that name what there is', async () => {
    const engine = new Engine({ ...context, send: () => {} })
    expect(await engine.handle(ask({ name: 'clup' }))).toMatchObject({
      type: 'failed',
      message:
        'there is no benchmark "clup"; there are: clip, vit-forward, vit-step, vqvae, decode, elementwise, compile, data',
    })
    expect(await engine.handle(ask({ peers: ['jax', 'jex'] }))).toMatchObject({
      type: 'failed',
      message: 'there is no peer "jex"; there are: jax, torch_eager, torch_compiled',
    })
    await expect(bench(ask({ name: '' }), context)).rejects.toThrow('there is no benchmark ""')
  })

  test('the list that the command line shows is the list that there is', () => {
    expect(BENCHMARKS.map(b => b.name)).toEqual([...BENCHMARK_NAMES])
  })

  test('every peer script is where the engine looks for it', () => {
    for (const benchmark of BENCHMARKS)
      for (const { args } of peersOf(benchmark, '/cache', '/given')) {
        expect(args[0]).toMatch(/bench.peers.\w+\.py$/)
        expect(existsSync(args[0]!)).toBe(true)
        expect(args.at(-1)).toBe('/given')
      }
  })
})

/** What runs in this process stands still here: its first result is 1.5, of a model of 7 parameters. */
const STILL: Benchmark = {
  name: 'clip',
  about: 'nothing',
  unit: 'step',
  calls: 3,
  engines: ['reference'],
  peers: {},
  tolerance: 1e-3,
  setUp: () => ({
    arrays: new Map([['w', hostArray(tensor('f32', [2]), [1, 2])]]),
    parameters: 7,
    start: async () => ({
      first: 1.5,
      calls: async n => new Array<number>(n).fill(1),
      facts: () => [{ name: 'half', value: 0.5, text: 'half: 0.5' }],
      close: async () => {},
    }),
  }),
}

describe('a benchmark', () => {
  const run = (peers: readonly PeerCommand[], calls?: number) =>
    runBenchmark(STILL, { rounds: 2, calls, engines: ['reference'], peers: () => peers }, context)

  test('times every peer that works and names the others', async () => {
    const { json, text } = await run([
      fakePeer('good', READY),
      fakePeer('dies', `${READY}; on = () => process.exit(1)`),
      { name: 'absent', program: '/nowhere/python', args: [] },
    ])
    expect(json).toMatchObject({
      bench: 'clip',
      ms: { diptych: 1, good: 2 },
      ratio: { good: 0.5 },
      facts: { half: 0.5 },
      versions: { good: { fake: '1.0' } },
      missing: {
        dies: 'it ended with exit code 1',
        absent: 'not installed (node bench/setup_peers.mjs installs it)',
      },
    })
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    expect(
      text.split('\n').map(line => line.replace(/node \S+, engine \S+$/, 'node …, engine …')),
    ).toMatchInlineSnapshot(`
      [
        "clip: nothing",
        "                      ms/step   diptych takes",
        "diptych                     1                    node …, engine …",
        "good                        2   0.50 × as long   fake 1.0",
        "absent                      –                    not installed (node bench/setup_peers.mjs installs it)",
        "dies                        –                    it ended with exit code 1",
        "half: 0.5",
      ]
    `)
  })

  test('leaves out a peer that does other work', async () => {
    const wrong = (name: string, parameters: number, first: number) =>
      fakePeer(name, `say({ ready: true, versions: {}, parameters: ${parameters}, first: ${first} })`)
    const { json } = await run([wrong('larger', 8, 1.5), wrong('other', 7, 1.6), wrong('near', 7, 1.5001)], 1)
    expect(json.missing).toEqual({
      larger: "its model has 8 parameters, Diptych's 7",
      other: "its first result is 1.6, Diptych's 1.5: it does other work",
    })
    expect(Object.keys(json.ms)).toEqual(['diptych', 'near'])
  })

  test('hands over weights as a safetensors file, which is gone afterwards', async () => {
    let file = ''
    const script = `const { readFileSync } = await import('node:fs')
      const first = readFileSync(process.argv[2]).readFloatLE(readFileSync(process.argv[2]).length - 4) - 0.5
      say({ ready: true, versions: {}, parameters: 7, first })`
    const peer = fakePeer('reads', script)
    const peers = (path: string) => {
      file = path
      return [{ ...peer, args: [...peer.args, path] }]
    }
    const { json } = await runBenchmark(STILL, { rounds: 1, engines: ['reference'], peers }, context)
    expect(json.missing).toEqual({})
    expect(existsSync(file)).toBe(false)
  })

  test('compares engines of ours in one table', async () => {
    const options = { rounds: 1, calls: 1, engines: ['reference', 'reference'] as const, peers: () => [] }
    const { json } = await runBenchmark(STILL, options, context)
    expect(json.ratio).toEqual({ reference: 1 })
  })

  test('goes on without an engine that this machine lacks, but not without the first', async () => {
    vi.stubEnv('DIPTYCH_PJRT_PLUGIN', '/nowhere/plugin.so')
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const options = { rounds: 1, calls: 1, peers: () => [] }
    const { json } = await runBenchmark(STILL, { ...options, engines: ['reference', 'xla'] }, context)
    expect(json.missing.xla).toMatch('/nowhere/plugin.so')
    const alone = runBenchmark(STILL, { ...options, engines: ['xla'] }, context)
    await expect(alone).rejects.toThrow('/nowhere/plugin.so')
  })
})

const vit = { batch: 2, image: 8, patch: 4, width: 8, depth: 1, heads: 2, classes: 4 }
const vqvae = { batch: 2, image: 8, width: 8, inner: 4, blocks: 1, codes: 6, codeWidth: 4 }
const decode = { tokens: 6, chunk: 3, vocabulary: 12, width: 8, depth: 2, heads: 2, hidden: 12 }
const SMALL: readonly Benchmark[] = [
  clipBenchmark(TINY),
  vitForwardBenchmark(vit),
  vitStepBenchmark(vit),
  vqvaeBenchmark(vqvae),
  decodeBenchmark(decode),
  elementwiseBenchmark(1000),
]

test.each(SMALL.map(b => [b.name, b] as const))('%s runs on the reference', async (_, benchmark) => {
  const options = { rounds: 1, calls: 1, engines: ['reference'] as const, peers: () => [] }
  const { json } = await runBenchmark(benchmark, options, context)
  expect(json.ms.diptych).toBeGreaterThan(0)
})

test('data: packs hold what the files do, one seed is one sequence of batches, and each way is timed', async () => {
  const options = { rounds: 1, calls: 2, engines: ['reference'] as const, peers: () => [] }
  const { json, text } = await runBenchmark(
    dataBenchmark({ clip: TINY, pictures: 24, side: 16 }),
    options,
    context,
  )
  expect(Object.keys(json.facts)).toEqual([
    'pack_samples_per_second',
    'memory_samples_per_second',
    'decode_samples_per_second',
    'pack_over_decode',
    'identical_batches',
    'waiting_for_data',
    'reading_over_step',
    'scenes_per_second',
  ])
  for (const [name, value] of Object.entries(json.facts))
    expect(value, name).toBeGreaterThanOrEqual(name === 'waiting_for_data' ? 0 : 1e-9)
  expect(json.facts.waiting_for_data).toBeLessThan(1)
  expect(text).toContain('batches of one seed, read twice: 40 of 40 identical')
})

const { missing } = plugin()

describe.skipIf(missing)(named('on XLA', missing), () => {
  test.each(SMALL.map(b => [b.name, b] as const))('%s gives what it does on the reference', async (_, b) => {
    const [first, second] = await Promise.all(
      (['xla', 'reference'] as const).map(async engine => {
        const backend = await openBackend(engine, { cacheDir: context.cacheDir, warn: () => {} })
        const contender = await b.setUp(context).start(backend, context)
        await contender.close()
        backend.close()
        return contender.first!
      }),
    )
    expect(Math.abs(first! - second!)).toBeLessThanOrEqual(1e-5 * Math.abs(second!))
  })

  const absent = findBinding('node', context.cacheDir) ? undefined : 'npm run setup:tfjs-node was not run'
  test.skipIf(absent)(
    named('TensorFlow.js takes its turns beside XLA', absent ?? ''),
    async () => {
      const options = { rounds: 1, calls: 2, engines: ['xla', 'tfjs'] as const, peers: () => [] }
      const { json } = await runBenchmark(clipBenchmark(TINY), options, context)
      expect(json.missing).toEqual({})
      expect(json.ms.tfjs).toBeGreaterThan(0)
      expect(json.versions.tfjs!.engine).toMatch(/^tfjs-/)
    },
    90_000,
  )

  test('TensorFlow.js is left out where its library is not set up, and the table says how', async () => {
    const bare = { ...context, cacheDir: mkdtempSync(join(tmpdir(), 'diptych-bare-')) }
    onTestFinished(() => rmSync(bare.cacheDir, { recursive: true, force: true }))
    const options = { rounds: 1, calls: 1, engines: ['reference', 'tfjs'] as const, peers: () => [] }
    const { json } = await runBenchmark(STILL, options, bare)
    expect(json.missing.tfjs).toBe('not installed (npm run setup:tfjs-node sets it up)')
  })

  test('a step says what is spent outside XLA, a compile what a warm start takes', async () => {
    const options = { rounds: 1, calls: 2, engines: ['xla'] as const, peers: () => [] }
    const step = await runBenchmark(clipBenchmark(TINY), options, context)
    expect(step.json.facts.outside_xla).toBeGreaterThan(0)
    expect(step.json.facts.outside_xla).toBeLessThanOrEqual(1)
    expect(step.text).toMatch(/outside the XLA call: [\d.]+ % of a step$/)
    const compile = await runBenchmark(compileBenchmark(TINY), { ...options, calls: 1 }, context)
    expect(compile.json.facts.warm_over_cold).toBeGreaterThan(0)
    expect(compile.json.facts.own_over_cold).toBeLessThan(1)
  }, 90_000)
})
