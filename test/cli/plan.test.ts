import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { fileScratch, makePictures, writeToy } from '../engine/toy.ts'
import { envWith, noXla, runCli, skipNote } from './kit.ts'

const scratch = fileScratch()
const env = envWith(join(scratch, 'cache'))
const SMALL = { train: { steps: 2, checkpointEvery: 0 } }
let graph = ''

beforeAll(async () => {
  await makePictures(scratch)
  graph = writeToy(scratch, SMALL)
})

const plan = (...args: string[]) => runCli(['plan', graph, '--engine', 'reference', ...args], env)

describe('plan', () => {
  test('says what would run and why, before, after, and after an edit; and runs nothing', async () => {
    const first = await plan()
    expect(first.code, first.stderr).toBe(0)
    expect(first.stdout).toMatchInlineSnapshot(`
      "data       runs  first run
      tokenizer  runs  first run
      train      runs  first run
      retrieval  runs  first run
      zero_shot  runs  first run
      5 nodes run, 0 from the cache
      "
    `)
    expect(readdirSync(scratch)).not.toContain('.diptych')
    expect((await runCli(['run', graph, '--engine', 'reference'], env)).code).toBe(0)
    expect((await plan()).stdout).toMatchInlineSnapshot(`
      "data       cached
      tokenizer  cached
      train      cached
      retrieval  cached
      zero_shot  cached
      0 nodes run, 5 from the cache
      "
    `)
    expect((await plan('--set', 'schedule.rate=0.002')).stdout).toMatchInlineSnapshot(`
      "data       cached
      tokenizer  cached
      train      runs    the model, objective, optimizer or schedule changed
      retrieval  runs    the weights it measures changed
      zero_shot  runs    the weights it measures changed
      3 nodes run, 2 from the cache
      "
    `)
    expect((await plan('--fresh')).stdout).toContain('asked to run again')
  }, 90_000)

  test('--json', async () => {
    const ran = await plan('--json')
    expect(ran.lines).toHaveLength(1)
    expect(ran.lines[0]).toMatchObject({ type: 'planned' })
    expect((ran.lines[0]!.nodes as { node: string }[]).map(n => n.node)).toContain('train')
  })

  test('of a graph with an error there is none, and the error is said', async () => {
    const bad = writeToy(scratch, { text: { heads: 3 } }, 'bad.json')
    const ran = await runCli(['plan', bad], env)
    expect(ran.code).toBe(1)
    expect(ran.stdout).toBe('')
    expect(ran.stderr).toMatch(/bad\.json:\d+: error DT052 node "text" params\.heads/)
  })

  test.skipIf(noXla)(
    `--memory: what a step needs, and what to do where it is too much${skipNote}`,
    async () => {
      const ran = await runCli(['plan', graph, '--memory'], env)
      expect(ran.code, ran.stderr).toBe(0)
      expect(ran.stdout).toMatch(/^train: a step needs [\d.]+ [kM]B at its peak \(compiled in [\d.]+ s\)$/m)
      const tight = await runCli(['plan', graph, '--memory'], { ...env, DIPTYCH_MEMORY_LIMIT: '100k' })
      expect(tight.code).toBe(0)
      expect(tight.stdout).toMatch(/which does not fit: DIPTYCH_MEMORY_LIMIT allows 100\.0 kB$/m)
      expect(tight.stdout).toMatch(/^ {2}--set train\.accumulate=8 {2}Split each batch into 8 parts/m)
      const json = await runCli(['plan', graph, '--memory', '--json'], env)
      expect(json.lines.map(l => l.type)).toEqual(['planned', 'measured'])
    },
    90_000,
  )
})
