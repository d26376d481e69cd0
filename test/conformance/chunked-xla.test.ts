import { beforeAll, describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { Var } from '../../src/ir/program.ts'
import { chunkedInfoNce, chunkedSigmoid } from '../../src/nn/chunked-contrastive.ts'
import { infoNce, type LossTerms } from '../../src/nn/contrastive.ts'
import { sigmoidPairs } from '../../src/nn/sigmoid-pairs.ts'
import { type Similarity, tileLogits } from '../../src/nn/tiles.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { hostArray, view } from '../../src/runtime/host-array.ts'
import { difference, noise, TestModel } from '../nn/scope.ts'
import { openXla, xlaPlugin } from './plugin.ts'

const plugin = xlaPlugin()
const WIDTH = 32
const CHUNK = 64

type Loss = (m: TestModel, s: Similarity) => LossTerms
const whole = (m: TestModel, s: Similarity): Var => tileLogits(m.b, s, s.rows, s.columns)
const LOSSES: readonly (readonly [string, Loss, Loss])[] = [
  ['InfoNCE', (m, s) => infoNce(m.b, whole(m, s)), (m, s) => chunkedInfoNce(m.b, s, { chunk: CHUNK })],
  ["SigLIP's loss", (m, s) => sigmoidPairs(m.b, whole(m, s)), (m, s) => chunkedSigmoid(m.b, s, CHUNK)],
]

describe.skipIf('missing' in plugin)(
  `contrastive losses in chunks on XLA${'missing' in plugin ? ` (skipped: ${plugin.missing})` : ''}`,
  () => {
    let backend: Backend
    beforeAll(async () => {
      if ('path' in plugin) backend = await openXla(plugin.path)
    })

    /** Results of the loss and its gradients over a batch, and the compiler's temporary bytes. */
    async function measure(build: Loss, batch: number) {
      const m = new TestModel()
      const side = (name: string): Var => m.input(name, `f32[${batch},${WIDTH}]`)
      const s = {
        rows: side('rows'),
        columns: side('columns'),
        scale: m.input('scale', 'f32[]'),
        bias: m.input('bias', 'f32[]'),
      }
      const { sum, count } = build(m, s)
      const loss = m.b.div(sum, count)
      const [x, y, scale, bias] = gradient(m.b, loss, [s.rows, s.columns, s.scale, s.bias])
      const program = m.program({ loss, x: x!, y: y!, scale: scale!, bias: bias! })
      const executable = await backend.compile(program)
      const values: Record<string, ArrayLike<number>> = { scale: [10], bias: [-2] }
      const args = program.inputs.map(({ name, value }) =>
        backend.upload(hostArray(value.type, values[name] ?? noise(name, value.type.shape).map(v => v / 8))),
      )
      const outs = await executable.run(args)
      const arrays = await Promise.all(outs.map(async o => view(await o.toHost()).slice()))
      for (const a of [...args, ...outs]) a.free()
      const { temporaryBytes } = executable.memory!
      executable.free()
      return { arrays, temporaryBytes }
    }

    it.each(LOSSES)('%s and its gradients are those of the whole matrix', async (_, plain, chunked) => {
      const [want, got] = [await measure(plain, 256), await measure(chunked, 256)]
      got.arrays.forEach((a, i) => {
        expect(difference(Array.from(a), Array.from(want.arrays[i]!))).toBeLessThan(1e-5)
      })
    })

    it.each(LOSSES)(
      '%s: a row costs its gradient and a few numbers, in any batch',
      async (_, plain, chunked) => {
        const bytes = async (loss: Loss, size: number) => (await measure(loss, size)).temporaryBytes
        const [small, middle, large] = [
          await bytes(chunked, 256),
          await bytes(chunked, 512),
          await bytes(chunked, 2048),
        ]
        const perRow = (from: number, to: number, rows: number) => (to - from) / rows
        // The columns' gradient is summed up beside the result; 4 bytes a number.
        expect(perRow(small, middle, 256)).toBeLessThan(4 * (WIDTH + 8))
        expect(perRow(middle, large, 1536)).toBeLessThan(4 * (WIDTH + 8))
        expect((await bytes(plain, 1024)) / (await bytes(plain, 256))).toBeGreaterThan(10)
      },
    )
  },
)
