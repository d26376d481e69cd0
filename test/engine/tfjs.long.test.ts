import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { root } from '../cli/kit.ts'
import { cacheDir, tfjsKinds } from '../conformance/tfjs-kit.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { runHere } from './run-kit.ts'
import { fileScratch } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const { path, missing } = plugin()
const STEPS = 20
const PATIENCE = 1_200_000

describe.skipIf(missing)(named(`CLIP on emoji has XLA's losses over ${STEPS} steps`, missing), () => {
  let there: readonly number[]
  beforeAll(async () => {
    vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
    // A cache of its own, but for TensorFlow's library.
    mkdirSync(cache)
    symlinkSync(join(cacheDir, 'tfjs-node'), join(cache, 'tfjs-node'))
    there = await losses('xla')
  }, PATIENCE)

  const losses = async (engine: 'xla' | 'tfjs') => {
    const ran = await runHere(join(root, 'graphs', 'clip-emoji.json'), {
      cache,
      out: join(scratch, 'out'),
      engine,
      set: [{ node: 'train', param: 'steps', value: STEPS }],
    })
    expect(ran.losses).toHaveLength(STEPS)
    return ran.losses.map(([, loss]) => loss)
  }

  // Plain JavaScript takes minutes a step.
  for (const [kind, absent = ''] of tfjsKinds.filter(([k]) => k !== 'cpu'))
    it.skipIf(absent)(
      named(`on TensorFlow.js, ${kind}`, absent),
      async () => {
        vi.stubEnv('DIPTYCH_TFJS', kind)
        const here = await losses('tfjs')
        expect(Math.max(...here.map((loss, i) => Math.abs(loss - there[i]!)))).toBeLessThan(1e-4)
      },
      PATIENCE,
    )
})
