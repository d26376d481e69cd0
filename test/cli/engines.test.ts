import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { fileScratch, makePictures, writeToy } from '../engine/toy.ts'
import { envWith, lossesOf, noXla, resultOf, runCli, TRACE } from './kit.ts'

const scratch = fileScratch()
const env = envWith(join(scratch, 'cache'))
describe('the reference engine', () => {
  beforeAll(() => makePictures(scratch))

  test('trains and evaluates a toy, and resumes to the same losses', async () => {
    const graph = writeToy(scratch, { train: { steps: 6, checkpointEvery: 2 } })
    const ran = await runCli(['run', graph, '--engine', 'reference', '--json'], env)
    expect(ran.code, ran.stderr).toBe(0)
    const { run } = resultOf(ran)
    const from = join(run, 'checkpoints', 'train', 'step-2')
    const args = ['run', graph, '--engine', 'reference', '--json', '--resume_from_checkpoint', from]
    const resumed = await runCli(args, env)
    expect(lossesOf(resumed.lines)).toEqual(lossesOf(ran.lines).slice(2))
    const onXla = await runCli(['run', graph, '--json', '--resume_from_checkpoint', from], env)
    if (!noXla) expect(onXla.stderr).toContain('the engine or its version changed')
    // What was just refused is not offered as the way to go on.
    expect(onXla.stderr).not.toContain('To go on')
  })

  test('refuses a big graph by one clear line, before it computes anything', async () => {
    const graph = writeToy(scratch, { batch: { size: 24, imageSize: 64 }, vision: { width: 128, depth: 4 } })
    const ran = await runCli(['run', graph, '--engine', 'reference'], env)
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(
      /^error: node "train": "train" needs [\d.]+ GFLOP a step; the reference backend is for toys of up to 0\.2\. Use --engine xla, or make the batch and the encoders smaller\.\n$/,
    )
  })
})

describe('without the XLA plugin', () => {
  const bare = (more: NodeJS.ProcessEnv) => {
    const { DIPTYCH_PJRT_PLUGIN, DIPTYCH_OFFLINE, ...rest } = envWith(join(scratch, 'bare'))
    return { ...rest, ...more }
  }
  beforeAll(() => makePictures(scratch))

  test('a run says what is missing, and that graphs run on TensorFlow.js', async () => {
    const graph = writeToy(scratch)
    const ran = await runCli(['run', graph], bare({ DIPTYCH_OFFLINE: '1' }))
    expect(ran.code).toBe(1)
    expect(ran.stderr).not.toMatch(TRACE)
    expect(ran.stderr).toMatch(/diptych: the XLA plugin is missing: .*DIPTYCH_OFFLINE forbids/)
    expect(ran.stderr).toMatch(
      /error: .*Without it, graphs run on TensorFlow\.js, more slowly: --engine tfjs\./,
    )
    const toy = await runCli(
      ['run', graph, '--engine', 'tfjs', '--set', 'train.steps=2'],
      bare({ DIPTYCH_OFFLINE: '1', DIPTYCH_TFJS: 'wasm' }),
    )
    expect(toy.code, toy.stderr).toBe(0)
    expect(toy.stdout).toMatch(/TensorFlow\.js 4\.22\.0 computes with WebAssembly with SIMD, on one core\./)
  })

  test('without Python either, it says how to get it', async () => {
    const ran = await runCli(['run', writeToy(scratch)], bare({ PATH: join(scratch, 'nothing') }))
    expect(ran.code).toBe(1)
    expect(ran.stderr).not.toMatch(TRACE)
    if (process.platform === 'linux') expect(ran.stderr).toMatch(/Python/)
  })

  test('a plugin that is named and isn’t there is said by name', async () => {
    const missing = join(scratch, 'nowhere.so')
    const ran = await runCli(['run', writeToy(scratch)], bare({ DIPTYCH_PJRT_PLUGIN: missing }))
    expect(ran.code).toBe(1)
    expect(ran.stderr).toContain(`DIPTYCH_PJRT_PLUGIN names ${missing}, where there is no file.`)
  })

  test('a plugin that is no library, or not a whole one, is said by name, and the engine ends in order', async () => {
    for (const text of ['this is text', '\x7fELF and no more']) {
      const file = join(scratch, 'wrong.so')
      writeFileSync(file, text)
      const ran = await runCli(['run', writeToy(scratch)], bare({ DIPTYCH_PJRT_PLUGIN: file }))
      expect(ran.code).toBe(1)
      expect(ran.stderr).not.toMatch(TRACE)
      expect(ran.stderr).toMatch(/error: .*wrong\.so (is no library|is cut short|can't be loaded)/)
      expect(ran.stderr).not.toContain('crashed')
    }
  })

  test('doctor says what this machine has', async () => {
    const ran = await runCli(['doctor'], bare({ DIPTYCH_OFFLINE: '1' }))
    expect(ran.code).toBe(0)
    const engines = [
      'xla cuda',
      'xla cpu',
      'tfjs node-gpu',
      'tfjs node',
      'tfjs wasm',
      'tfjs cpu',
      'reference',
    ]
    for (const part of ['Node', ...engines, 'Python', 'cache']) expect(ran.stdout).toContain(part)
    const json = await runCli(['doctor', '--json'], bare({ DIPTYCH_OFFLINE: '1' }))
    const found = JSON.parse(json.stdout)
    expect(found.engines.map((e: { name: string }) => e.name)).toEqual(engines)
    expect(found.node.version).toBe(process.version)
  })
})
