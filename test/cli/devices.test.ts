import { expect, test } from 'vitest'
import { Output } from '../../src/cli/io.ts'
import { flopRate } from '../../src/cli/render/format.ts'
import { RunProgress } from '../../src/cli/render/run-progress.ts'
import { resumeCommand } from '../../src/cli/resume-command.ts'
import type { StepFacts } from '../../src/protocol/messages.ts'
import * as ui from '../../src/renderer/ui/format.ts'

const plainStyle = new Output({ isTTY: false, columns: 90, write: () => true }, { NO_COLOR: '1' }).style

/** The line that says that a Train was compiled, and its row after three seconds of two steps each. */
function told(facts: StepFacts | undefined) {
  let clock = 0
  const progress = new RunProgress(plainStyle, ['train'], () => clock)
  progress.take({ type: 'node', node: 'train', state: 'running' })
  const [line] = progress.take({
    type: 'train',
    node: 'train',
    steps: 40,
    firstStep: 0,
    parameters: 15_000,
    compileSeconds: 1,
    fromCache: true,
    facts,
  })
  for (let step = 0; step < 6; step++) {
    progress.take({ type: 'step', node: 'train', step, 'train/loss': 2 })
    clock += 500
  }
  return [line, progress.plain()]
}

const memory = {
  argumentBytes: 5e8,
  outputBytes: 5e8,
  aliasedBytes: 5e8,
  temporaryBytes: 7.5e8,
  totalBytes: 1.25e9,
}

test('a Train says what memory each device needs, and how much the devices get done', () => {
  expect(told({ devices: 4, memory, flops: 9.1e10 })).toMatchInlineSnapshot(`
    [
      "  train  15.0 k parameters, program from the cache, 1.3 GB of memory on each of 4 devices",
      "train: step 6/40, loss 2.0000, 2.00 steps/s, 182 GFLOP/s, 17 s left",
    ]
  `)
  expect(told({ devices: 1, memory, flops: 9.1e10 })[0]).toContain('from the cache, 1.3 GB of memory')
})

test('an engine that knows neither says nothing of them', () => {
  const [line, row] = told({ devices: 1, flops: 0 })
  expect(line).toMatch(/15\.0 k parameters, program from the cache$/)
  expect(row).toBe('train: step 6/40, loss 2.0000, 2.00 steps/s, 17 s left')
  expect(told(undefined)).toEqual([line, row])
})

test('the terminal and the window write the speed of a device alike', () => {
  const rates = [3.1e6, 9.96e10, 1.82e11, 4.15e13]
  expect(rates.map(flopRate)).toEqual(['3.1 MFLOP/s', '100 GFLOP/s', '182 GFLOP/s', '41.5 TFLOP/s'])
  expect(rates.map(ui.flopRate)).toEqual(rates.map(flopRate))
  expect([75_718_044, 1.25e9, 900].map(ui.bytes)).toEqual(['75.7 MB', '1.3 GB', '0.9 kB'])
})

test('the command that goes on with a run names its devices', () => {
  const command = resumeCommand('/runs/1', {
    graph: 'g.json',
    set: [],
    engine: 'xla',
    platform: 'cpu',
    devices: 4,
  })
  expect(command).toMatch(/ run g\.json --resume_from_checkpoint \S+ --platform cpu --devices 4$/)
})
