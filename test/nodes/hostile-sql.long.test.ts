import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { envWith, runCli, TRACE } from '../cli/kit.ts'
import { fileScratch, makePictures, toyDocument } from '../engine/toy.ts'

const scratch = fileScratch()

// Guards the engine: neither an interrupt nor DuckDB's memory limit reaches into a single call of a function.
test('SQL that would take all memory ends its own process, and is an error on its node', async () => {
  await makePictures(scratch)
  const doc = toyDocument()
  const where = 'len(repeat(left(caption[1], 1), 4000000000)) > 0'
  doc.nodes.f = { type: 'data.filter', v: 1, params: { where }, in: { dataset: 'data.dataset' } }
  doc.nodes.batch = { ...doc.nodes.batch!, in: { ...doc.nodes.batch!.in, dataset: 'f.dataset' } }
  const file = join(scratch, 'g.json')
  writeFileSync(file, JSON.stringify(doc))
  const { code, stdout, stderr } = await runCli(['run', file, '--engine', 'reference'], envWith(scratch))
  expect(stdout + stderr).not.toMatch(TRACE)
  expect(stderr).toMatch(
    /node "f": The SQL can’t be computed: (it takes (more than 3072 MiB of memory|longer than \d+ s)|Out of Memory Error|it took longer)/,
  )
  expect(code).toBe(1)
}, 120_000)
