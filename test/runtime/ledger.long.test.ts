import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { tensor } from '../../src/ir/types.ts'
import { lowerToStableHlo } from '../../src/lower/stablehlo/lower.ts'
import type { DeviceArray } from '../../src/runtime/backend.ts'
import { createXlaBackend } from '../../src/runtime/pjrt/backend.ts'
import { Library } from '../../src/runtime/pjrt/library.ts'
import { f32, floats, named, plugin } from './pjrt-kit.ts'

const { path, missing } = plugin()
const STEPS = 10_000
// Every array of a step but its loss is 16 kB long.
const [ROWS, WIDTH] = [64, 64]

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const residentBytes = (): number => {
  collect()
  return process.memoryUsage().rss
}

/** A step of least squares by gradient descent, with momentum: two donated states, one batch, one loss. */
function trainStep() {
  const b = new Builder()
  const w = b.input('w', tensor('f32', [WIDTH, WIDTH]))
  const m = b.input('m', tensor('f32', [WIDTH, WIDTH]))
  const x = b.input('x', tensor('f32', [ROWS, WIDTH]))
  const dims = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }
  const error = b.sub(b.dotGeneral(x, w, dims), x)
  const loss = b.mean(b.mul(error, error), [0, 1])
  const momentum = b.add(b.mul(m, 0.9), gradient(b, loss, [w])[0]!)
  b.output('w', b.sub(w, b.mul(momentum, 0.05)))
  b.output('m', momentum)
  b.output('loss', loss)
  return b.finish('least_squares')
}

describe.skipIf(missing !== '')(named(`${STEPS} steps`, missing), () => {
  it.each([1, 2])(
    'hold as many native objects and as much memory as the first, on %i devices',
    async deviceCount => {
      const backend = await createXlaBackend({ plugin: path, deviceCount, lower: lowerToStableHlo })
      const executable = await backend.compile(trainStep(), { donate: [0, 1], split: [2] })
      const zeros = f32(
        [WIDTH, WIDTH],
        Array.from({ length: WIDTH * WIDTH }, () => 0),
      )
      const batch = f32(
        [ROWS, WIDTH],
        Array.from({ length: ROWS * WIDTH }, (_, i) => Math.sin(i * i)),
      )
      let state: DeviceArray[] = [backend.upload(zeros), backend.upload(zeros)]
      const turn = async () => {
        const x = backend.upload(batch, 'split')
        const [w, m, loss] = await executable.run([...state, x])
        x.free()
        state = [w!, m!]
        const [value] = floats(await loss!.toHost())
        loss!.free()
        return value!
      }
      const settled = () => {
        backend.client.pipeline.drain()
        return backend.ledger()
      }
      const first = await turn()
      const ledger = settled()
      expect(ledger).toEqual({
        clients: 1,
        executables: 1,
        buffers: 2 * deviceCount,
        events: 0,
        errors: 0,
      })
      const sizes: number[] = []
      let last = first
      for (let i = 2; i <= STEPS; i++) {
        last = await turn()
        if (i % 500 === 0) {
          expect(settled(), `step ${i}`).toEqual(ledger)
          sizes.push(residentBytes())
        }
      }
      expect(last).toBeLessThan(first / 100)
      // The first fifth fills pools that stay. One array a step left behind would make 128 MB of the other four.
      const [before, after] = [Math.max(...sizes.slice(0, 4)), Math.max(...sizes.slice(-4))]
      expect(after - before, sizes.map(s => (s / 2 ** 20).toFixed(1)).join(' ')).toBeLessThan(32 << 20)
      backend.close()
      expect(Library.load(path).ledger).toEqual({
        clients: 0,
        executables: 0,
        buffers: 0,
        events: 0,
        errors: 0,
      })
    },
    300_000,
  )
})
