import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { KnownRuns } from '../../src/host/known-runs.ts'
import type { RunQueue } from '../../src/host/run-queue.ts'
import type { RunInfo } from '../../src/protocol/workbench.ts'
import { makeFolder } from './kit.ts'

test('a list of runs says how those of the queue stand when it is given, not when it was asked for', async () => {
  const folder = makeFolder()
  writeFileSync(join(folder, 'metrics.train.jsonl'), '{"step":0,"train/loss":2.5}\n')
  const source = join(folder, 'graph.json')
  let info: RunInfo = {
    ...{
      id: 'run',
      file: source,
      title: 'A toy',
      state: 'running',
      queuedAt: 1,
      startedAt: 2,
      endedAt: null,
    },
    ...{ folder, resumable: false, failure: null, events: 0, attribution: [], reports: {} },
  }
  const queue = {
    get list() {
      return [info]
    },
    find: () => ({ info, order: { source } }),
  }
  const asked = new KnownRuns(queue as unknown as RunQueue).list(source, source)
  info = { ...info, state: 'interrupted', endedAt: 3 }
  expect(await asked).toEqual([{ ...info, loss: 2.5 }])
})
