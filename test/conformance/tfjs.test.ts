import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { tensor } from '../../src/ir/types.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { createTfjsBackend, type TfjsBackend } from '../../src/runtime/tfjs/backend.ts'
import { edgeEntries } from './edge-cases.ts'
import { difference, type Report, runAll, runOnce } from './run-all.ts'
import { primitiveEntries } from './table.ts'
import { cacheDir, tfjsKinds, WIDER } from './tfjs-kit.ts'
import { randomTensor, seeded } from './values.ts'

const entries = [...primitiveEntries, ...edgeEntries].map(e => ({ ...e, tol: WIDER[e.name]?.[0] ?? e.tol }))

it('wider tolerances are of entries that there are', () => {
  const names = entries.map(e => e.name)
  expect(Object.keys(WIDER).filter(name => !names.includes(name))).toEqual([])
})

for (const [kind, missing] of tfjsKinds) {
  if (missing) {
    it.skip(`TensorFlow.js on ${kind} (skipped: ${missing})`, () => {})
    continue
  }
  describe(`TensorFlow.js on ${kind} agrees with the reference`, () => {
    let backend: TfjsBackend
    let report: Report
    beforeAll(async () => {
      backend = await createTfjsBackend({ kind, cacheDir })
      report = await runAll(backend, entries)
    }, 120_000)
    afterAll(() => backend.close())

    it.each(entries.map(e => e.name))('%s', name => {
      expect(report.get(name)).toEqual([])
    })

    it('nothing is left in the memory of the kernels', () => {
      expect(backend.tensors()).toBe(0)
    })

    it('a scan of 1,000 steps and its gradient', async () => {
      const b = new Builder()
      const [h, xs] = [b.input('h', tensor('f32', [4])), b.input('xs', tensor('f32', [1000, 4]))]
      const { carry, ys } = b.scan([h], [xs], (c, [s], [x]) => {
        const next = c.tanh(c.add(c.mul(s!, 0.9), x!))
        return { carry: [next], ys: [c.sum(next, [0])] }
      })
      const loss = b.add(b.sum(carry[0]!, [0]), b.mul(b.sum(ys[0]!, [0]), 1e-3))
      for (const [i, v] of [loss, ...gradient(b, loss, [h, xs])].entries()) b.output(`y${i}`, v)
      const program = b.finish('long')
      const random = seeded(11, 0)
      const values = program.inputs.map(i => {
        const { type, data } = randomTensor(i.value.type, random)
        return { type, data: data.map(v => Math.fround(v / 16)) }
      })
      const got = await runOnce(backend, program, values)
      const want = evaluate(program, values)
      expect(got.map((g, i) => difference(want[i]!, g, 2e-5))).toEqual([null, null, null])
      expect(backend.tensors()).toBe(0)
    })
  })
}
