import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeGraph } from '../../src/graph/write.ts'
import { fileScratch, makePictures, writeToy } from '../engine/toy.ts'
import { clip } from '../graph/fixtures.ts'
import { mutate, randomFrom } from '../graph/mutate.ts'
import { envWith, root, runCli, TRACE } from './kit.ts'

const scratch = fileScratch()
const env = envWith(join(scratch, 'cache'))
const bundled = readdirSync(join(root, 'graphs')).filter(name => name.endsWith('.json'))
let graph = ''

beforeAll(async () => {
  await makePictures(scratch)
  graph = writeToy(scratch)
})

describe('check', () => {
  test('the bundled graphs have no problems', async () => {
    const ran = await runCli(['check', ...bundled.map(name => join('graphs', name))], env)
    expect(ran).toMatchObject({ code: 0, stderr: '', stdout: `no problems in ${bundled.length} files\n` })
  })

  test('errors are lines with file, line, code and place, and exit code 1', async () => {
    const bad = writeToy(scratch, { text: { heads: 3 }, vision: { widht: 16 } }, 'bad.json')
    const ran = await runCli(['check', graph, bad], env)
    expect(ran.code).toBe(1)
    expect(ran.stdout.replaceAll(scratch, 'DIR')).toMatchInlineSnapshot(`
      "DIR/bad.json:48: error DT011 node "vision" params.widht: "encoder.vit" has no parameter "widht". Did you mean "width"?
      DIR/bad.json:60: error DT052 node "text" params.heads: 3 heads don't divide the width 16. Choose a number of heads that divides the width.
      2 errors in 2 files
      "
    `)
  })

  test('--json: one object a file', async () => {
    const bad = writeToy(scratch, { text: { heads: 3 } }, 'bad.json')
    const ran = await runCli(['check', '--json', graph, bad], env)
    expect(ran.code).toBe(1)
    expect(ran.lines).toMatchObject([
      { type: 'checked', file: graph, ok: true, diagnostics: [] },
      {
        type: 'checked',
        file: bad,
        ok: false,
        diagnostics: [{ code: 'DT052', node: 'text', severity: 'error' }],
      },
    ])
    expect((ran.lines[1]!.diagnostics as { line: number }[])[0]!.line).toBeGreaterThan(1)
  })

  test('a file that can’t be read is said by name, and the others are checked all the same', async () => {
    const ran = await runCli(['check', join(scratch, 'none.json'), scratch, graph], env)
    expect(ran.code).toBe(1)
    const said = `${ran.stdout}${ran.stderr}`
    expect(said).toContain('none.json: there is no such file.')
    expect(said).toContain(`${scratch}: it is a folder, not a graph file.`)
    expect(said).toMatch(/2 errors in 3 files/)
    expect(said).not.toMatch(TRACE)
  })

  test('sixty malformed files: each gets a line that names its place, none a stack trace', async () => {
    const random = randomFrom(7)
    const base = JSON.parse(writeGraph(clip())) as unknown
    const files = Array.from({ length: 60 }, (_, i) => {
      const file = join(scratch, 'malformed', `${i}.json`)
      writeToy(join(scratch, 'malformed'), {}, `${i}.json`)
      writeFileSync(file, mutate(base, random).text)
      return file
    })
    const ran = await runCli(['check', '--json', ...files], env)
    expect(ran.code).toBe(1)
    expect(ran.stderr).toBe('')
    expect(ran.stdout).not.toMatch(/\\n\s+at |node:internal|\[object Object\]/)
    const faulty = ran.lines.filter(line => !line.ok)
    expect(faulty.length).toBeGreaterThan(40)
    for (const line of faulty)
      for (const d of line.diagnostics as { node?: string; line?: number; field?: string; message: string }[])
        expect(d.node ?? d.line ?? d.field, JSON.stringify(d)).toBeDefined()
    const [worst] = faulty
    const run = await runCli(['run', worst!.file as string], env)
    expect(run.code).toBe(1)
    expect(run.stderr).not.toMatch(TRACE)
    expect(run.stderr).toMatch(/error/)
  })
})

describe('print', () => {
  test('--ir: every program, or those of one node, with the node each line comes from', async () => {
    const all = await runCli(['print', graph, '--ir'], env)
    expect(all).toMatchObject({ code: 0, stderr: '' })
    expect(all.stdout).not.toContain('undefined')
    for (const name of ['train_train', 'pairs_logits_pairs', 'dot_general', '; vision', '; text'])
      expect(all.stdout.replaceAll('.', '_')).toContain(name)
    const one = await runCli(['print', graph, '--node', 'train'], env)
    expect(one.stdout.length).toBeLessThan(all.stdout.length)
    expect(all.stdout).toContain(one.stdout.trimEnd())
  })

  test('--stablehlo: modules as XLA gets them, with what is donated', async () => {
    const { stdout, stderr, code } = await runCli(['print', graph, '--stablehlo', '--node', 'train'], env)
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect(stdout).toMatch(/^module @\w+/)
    expect(stdout).toContain('tf.aliasing_output')
    expect(stdout).toContain('stablehlo.dot_general')
  })

  test('--jax: a Python module, a comment for each node', async () => {
    const { stdout, stderr, code } = await runCli(['print', graph, '--jax', '--node', 'train'], env)
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect(stdout).toMatch(/^import jax\n/)
    expect(stdout).toMatch(/\ndef train_train\(/)
    expect(stdout).toContain('    # vision\n')
    expect(stdout).toContain('lax.dot_general(')
  })

  test('a node that isn’t there, one that compiles to nothing, a faulty graph', async () => {
    const ask = async (...args: string[]) => {
      const ran = await runCli(['print', ...args], env)
      expect(ran.code).toBe(1)
      expect(ran.stderr).not.toMatch(TRACE)
      return ran.stderr
    }
    expect(await ask(graph, '--node', 'trian')).toContain('there is no node "trian"; there is: ')
    expect(await ask(graph, '--node', 'data')).toContain('nothing compiles for "data"')
    expect(await ask(writeToy(scratch, { text: { heads: 3 } }, 'bad.json'))).toMatch(
      /bad\.json:\d+: error DT052/,
    )
  })
})

describe('a wrong command line is exit code 2 and one line', () => {
  const wrong = async (...args: string[]) => {
    const ran = await runCli(args, env)
    expect(ran.code, args.join(' ')).toBe(2)
    expect(ran.stderr).not.toMatch(TRACE)
    return ran.stderr
  }
  test.each<[string[], RegExp]>([
    [['run'], /missing required argument 'graph'/],
    [['run', 'g.json', '--nosuch'], /unknown option '--nosuch'/],
    [['run', 'g.json', '--set', 'trainsteps'], /--set trainsteps: there is no "="/],
    [['run', 'g.json', '--set', 'steps=1'], /there is no "\." between node and parameter/],
    [['run', 'g.json', '--seed', '-1'], /--seed/],
    [['run', 'g.json', '--seed', 'x'], /whole number/],
    [['run', 'g.json', '--engine', 'tpu'], /Allowed choices are xla, tfjs, reference/],
    [['print', 'g.json', '--ir', '--stablehlo'], /cannot be used with/],
    [['print', 'g.json', '--jax', '--stablehlo'], /cannot be used with/],
    [['nodes', 'encoder.vti'], /there is no node type "encoder\.vti"\. Did you mean "encoder\.vit"\?/],
    [['frobnicate'], /unknown command 'frobnicate'/],
  ])('%j', async (args, why) => {
    expect(await wrong(...args)).toMatch(why)
  })

  test('--set of a node or a parameter that isn’t there is said like any fault of the graph', async () => {
    const ran = await runCli(['run', graph, '--set', 'trian.steps=1'], env)
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(/DT022 node "trian": --set trian\.steps: there is no node "trian"/)
    const param = await runCli(['run', graph, '--set', 'train.stesp=1'], env)
    expect(param.stderr).toMatch(/DT011 node "train" params\.stesp: .*Did you mean "steps"/)
  })
})

describe('bench', () => {
  test('a benchmark that isn’t there is said before any of the others is run', async () => {
    const ran = await runCli(['bench', 'clip', 'clup'], env)
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr).toContain(
      'there is no benchmark "clup"; there are: clip, vit-forward, vit-step, vqvae, decode, elementwise, compile',
    )
  })
})
