import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ClipSize } from '../../src/engine/bench/clip.ts'
import { clipPeers, Peer, type PeerCommand } from '../../src/engine/bench/peer.ts'
import { parseReply } from '../../src/engine/bench/reply.ts'
import { bench, benchClip } from '../../src/engine/bench/run.ts'
import { startTfjs, TFJS_RIVAL } from '../../src/engine/bench/tfjs-rival.ts'
import { Engine } from '../../src/engine/engine.ts'
import { cacheFolder } from '../../src/engine/paths.ts'
import { registry } from '../../src/nodes/index.ts'
import type { Command } from '../../src/protocol/messages.ts'
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
    let on = n => say({ ms: Array(n).fill(2), loss: 1 })
    ${body}
    for await (const line of createInterface({ input: process.stdin })) {
      const { cmd, n } = JSON.parse(line)
      if (cmd === 'quit') break
      on(n)
    }`,
  )
  return { name, program: process.execPath, args: [script] }
}

const READY = `say({ ready: true, versions: { fake: '1.0' } })`

describe('what a peer says', () => {
  test('the three messages', () => {
    expect(parseReply('{"ready": true, "peer": "jax", "versions": {"jax": "1"}, "cores": 2}')).toEqual({
      kind: 'ready',
      versions: { jax: '1' },
    })
    expect(parseReply('{"ms": [1.5, 2], "loss": 4}')).toEqual({ kind: 'steps', ms: [1.5, 2] })
    expect(parseReply('{"error": "no module"}')).toEqual({ kind: 'error', message: 'no module' })
  })

  test.each([
    '',
    'W1125 triton not found',
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
    const { peer, versions } = await Peer.start(fakePeer('fake', `console.log('warming up'); ${READY}`))
    expect(versions).toEqual({ fake: '1.0' })
    expect(await peer.steps(3)).toEqual([2, 2, 2])
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
    await expect(peer.steps(2)).rejects.toThrow('it was ended by SIGKILL')
    await expect(peer.steps(2)).rejects.toThrow('it was ended by SIGKILL')
  })

  test('that hangs is given up', async () => {
    const { peer } = await Peer.start(fakePeer('fake', `${READY}; on = () => {}`))
    await expect(peer.steps(1, 200)).rejects.toThrow('no answer within')
    peer.kill()
  })

  test('that answers with another number of steps is refused', async () => {
    const { peer } = await Peer.start(fakePeer('fake', `${READY}; on = () => say({ ms: [1] })`))
    await expect(peer.steps(2)).rejects.toThrow('it was asked for 2 steps')
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
      message: 'there is no benchmark "clup"; there is: clip',
    })
    expect(await engine.handle(ask({ peers: ['jax', 'jex'] }))).toMatchObject({
      type: 'failed',
      message: 'there is no peer "jex"; there are: jax, torch_eager, torch_compiled, tfjs_node',
    })
    await expect(bench(ask({ name: '' }), context)).rejects.toThrow('there is no benchmark ""')
  })

  test('every peer script is where the engine looks for it', () => {
    for (const { args } of clipPeers('/cache')) expect(args[0]).toMatch(/bench.peers.clip_\w+\.py$/)
  })
})

const { missing } = plugin()

describe.skipIf(missing)(named('a tiny benchmark', missing), () => {
  test('times every peer that works, names the others, and says what is spent outside XLA', async () => {
    const peers = [
      fakePeer('good', READY),
      fakePeer('dies', `${READY}; on = () => process.exit(1)`),
      { name: 'absent', program: '/nowhere/python', args: [] },
    ]
    const { json, text } = await benchClip({ rounds: 2, stepsPerRound: 2, peers, size: TINY }, context)
    expect(Object.keys(json.ms)).toEqual(['diptych', 'good'])
    expect(json).toMatchObject({
      bench: 'clip',
      ms: { diptych: expect.any(Number), good: 2 },
      versions: { good: { fake: '1.0' } },
      missing: {
        dies: 'it ended with exit code 1',
        absent: 'not installed (node bench/setup_peers.mjs installs it)',
      },
    })
    expect(json.ms.diptych).toBeGreaterThan(0)
    expect(json.ratio.good).toBeCloseTo(json.ms.diptych! / 2)
    expect(json.outside_xla).toBeGreaterThan(0)
    expect(json.outside_xla).toBeLessThanOrEqual(1)
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    expect(text).toMatch(/^diptych +\d+/m)
    expect(text).toMatch(/outside the XLA call: [\d.]+ % of a step$/)
  }, 90_000)

  const absent = findBinding('node', context.cacheDir) ? '' : 'no @tensorflow/tfjs-node'
  test.skipIf(absent)(
    named('times its own steps on TensorFlow.js beside those on XLA', absent),
    async () => {
      const sizes = { rounds: 2, stepsPerRound: 2, size: TINY }
      const { json } = await benchClip({ ...sizes, peers: [TFJS_RIVAL] }, context)
      expect(json.missing).toEqual({})
      expect(json.ms.tfjs_node).toBeGreaterThan(0)
      expect(json.versions.tfjs_node!.engine).toMatch(/^tfjs-/)
      expect(json.versions.diptych!.engine).toMatch(/^xla-/)
    },
    90_000,
  )

  test('leaves TensorFlow.js out where it is not set up, and says how', async () => {
    const bare = { ...context, cacheDir: mkdtempSync(join(tmpdir(), 'diptych-bare-')) }
    onTestFinished(() => rmSync(bare.cacheDir, { recursive: true, force: true }))
    await expect(startTfjs(TINY, bare)).rejects.toThrow('not installed (npm run setup:tfjs-node sets it up)')
  })
})
