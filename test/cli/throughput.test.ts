import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { splitTrain } from '../../src/cli/commands/throughput.ts'
import { fileScratch, makePictures, toyDocument } from '../engine/toy.ts'
import { envWith, runCli } from './kit.ts'

test('a Train is named after its file', () => {
  expect(splitTrain('a/flip.json')).toEqual({ file: 'a/flip.json' })
  expect(splitTrain('a/flip.json:tuning')).toEqual({ file: 'a/flip.json', train: 'tuning' })
  expect(splitTrain('b.dpt:outer/train')).toEqual({ file: 'b.dpt', train: 'outer/train' })
  expect(splitTrain('C:\\graphs\\flip.json')).toEqual({ file: 'C:\\graphs\\flip.json' })
})

describe('diptych throughput', () => {
  const scratch = fileScratch()
  const env = envWith(join(scratch, 'cache'))
  const quick = ['--engine', 'reference', '--rounds', '2', '--steps', '1', '--warm-up', '1']
  const write = (name: string, doc: object): string => {
    const file = join(scratch, name)
    writeFileSync(file, JSON.stringify(doc))
    return file
  }
  let one = ''
  let several = ''
  beforeAll(async () => {
    await makePictures(scratch)
    one = write('one.json', toyDocument())
    const doc = toyDocument()
    const { train } = doc.nodes
    const overrides = [{ $node: 'vision', params: { depth: 4 } }]
    // A later stage: its weights are fresh too, nothing is trained for it.
    doc.nodes.tuning = { ...train!, params: { overrides }, in: { ...train!.in, weights: 'train.weights' } }
    several = write('several.json', doc)
  })

  test('times Trains of two graphs in one process and prints the ratio', async () => {
    const ran = await runCli(['throughput', one, `${several}:tuning`, ...quick], env)
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/^a: .*one\.json, b: .*several\.json:tuning$/m)
    expect(ran.stdout).toMatch(/^ {2}ratio +\d+\.\d+ /m)
    expect(ran.stdout).toMatch(/batches in memory +\d/)
  })

  test('--json is one object with the report', async () => {
    const ran = await runCli(['throughput', `${several}:tuning`, one, ...quick, '--json'], env)
    expect(ran.code).toBe(0)
    const found = JSON.parse(ran.stdout)
    expect(found).toMatchObject({ a: `${several}:tuning`, b: one, metrics: { rounds: 2 } })
    expect(found.items.ratio).toHaveLength(2)
    // Four layers where the other has one.
    expect(found.metrics.ratio).toBeLessThan(0.9)
  })

  test('a graph with several Trains asks which, and names them', async () => {
    const ran = await runCli(['throughput', one, several, ...quick], env)
    expect(ran.code).toBe(1)
    expect(ran.stderr).toContain(
      'several.json has several Trains: train, tuning. Say which, as in several.json:train',
    )
    const wrong = await runCli(['throughput', one, `${several}:tunning`, ...quick], env)
    expect(wrong.stderr).toContain('several.json has no Train "tunning"; it has: train, tuning')
  })

  test('a fault in either graph is shown with its file and line', async () => {
    const faulty = write('faulty.json', toyDocument({ vision: { heads: 3 } }))
    const ran = await runCli(['throughput', one, faulty, ...quick], env)
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(/faulty\.json.*DT052/s)
    expect(ran.stdout).toBe('')
  })
})
