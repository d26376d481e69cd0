import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { envWith, runCli, TRACE } from '../cli/kit.ts'
import { fileScratch } from '../engine/toy.ts'

const scratch = fileScratch()
const ROWS = 16_384

/** A run of 16,384 equal levels claims to be one of 2²⁷. */
function bomb(): Uint8Array {
  const data = Array.from({ length: ROWS }, () => 'a')
  const bytes = new Uint8Array(
    parquetWriteBuffer({
      columnData: [{ name: 'text', data, type: 'STRING' }],
      rowGroupSize: ROWS,
      codec: 'UNCOMPRESSED',
      statistics: false,
    }),
  )
  // The run's length as a varint, 2 × 16,384, the level that it repeats, and the width of what follows.
  const run = Buffer.from([0x80, 0x80, 0x02, 0x01, 0x00])
  const at = Buffer.from(bytes.buffer).indexOf(run)
  expect(at).toBeGreaterThan(0)
  bytes.set([0xfe, 0xff, 0xff, 0x7f], at)
  return bytes
}

// Guards the engine: decoded in it, this file ends it ("invalid size error"), as it does a worker thread's process.
test('a file that claims more values than a heap holds is an error, and costs no engine', async () => {
  writeFileSync(join(scratch, 'bomb.parquet'), bomb())
  const graph = {
    format: 'diptych-graph',
    version: 1,
    meta: { title: 'A bomb', seed: 1 },
    nodes: { data: { type: 'data.parquet', v: 1, params: { path: 'bomb.parquet' } } },
    defs: {},
    view: {},
    lock: {},
  }
  writeFileSync(join(scratch, 'g.json'), JSON.stringify(graph))
  const { code, stdout, stderr } = await runCli(['check', join(scratch, 'g.json')], envWith(scratch))
  const said = stdout + stderr
  expect(said).not.toMatch(TRACE)
  expect(said).toContain(`has no usable row: ${ROWS} bad rows.`)
  expect(said).toMatch(
    /bomb\.parquet: row 1: .*row group 1: to decode it, it takes more than 4096 MiB of memory/,
  )
  expect(code).toBe(1)
}, 60_000)
