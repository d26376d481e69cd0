import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { Program, Var } from '../../src/ir/program.ts'
import { lowerToStableHlo } from '../../src/lower/stablehlo/lower.ts'
import { chunkedInfoNce, chunkedSigmoid } from '../../src/nn/chunked-contrastive.ts'
import { infoNce } from '../../src/nn/contrastive.ts'
import { sigmoidPairs } from '../../src/nn/sigmoid-pairs.ts'
import { logSumExp } from '../../src/nn/softmax.ts'
import { type Similarity, tileLogits } from '../../src/nn/tiles.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { hostArray, view } from '../../src/runtime/host-array.ts'
import { createXlaBackend } from '../../src/runtime/pjrt/backend.ts'
import { noise, TestModel } from '../nn/scope.ts'
import { xlaPlugin } from './plugin.ts'

const plugin = xlaPlugin()
const BATCH = 32
const WIDTH = 16
const CHUNK = 8
/** Names of the inputs that a loss is differentiated by. */
const BY = ['rows', 'columns', 'scale', 'bias'] as const

type Loss = (m: TestModel, s: Similarity) => Var
const whole = (m: TestModel, s: Similarity): Var => tileLogits(m.b, s, s.rows, s.columns)
const mean =
  (terms: (m: TestModel, s: Similarity) => { readonly sum: Var; readonly count: Var }): Loss =>
  (m, s) => {
    const { sum, count } = terms(m, s)
    return m.b.div(sum, count)
  }
const LOSSES: readonly (readonly [string, Loss])[] = [
  ['InfoNCE', mean((m, s) => infoNce(m.b, whole(m, s)))],
  ['InfoNCE in chunks', mean((m, s) => chunkedInfoNce(m.b, s, { chunk: CHUNK }))],
  ["SigLIP's loss", mean((m, s) => sigmoidPairs(m.b, whole(m, s)))],
  ["SigLIP's loss in chunks", mean((m, s) => chunkedSigmoid(m.b, s, CHUNK))],
]

/** The largest difference, relative to the largest value; InfoNCE's gradient by the bias is 0 but for rounding. */
function apart(got: readonly number[], want: readonly number[]): number {
  const largest = Math.max(0.01, ...want.map(Math.abs))
  return Math.max(...got.map((v, i) => Math.abs(v - want[i]!))) / largest
}

/** The part of InfoNCE that belongs to the first half of the rows: of two devices, to the first one's. */
const firstHalf: Loss = (m, s) => {
  const { b } = m
  const logits = b.sliceAxis(whole(m, s), 0, 0, BATCH / 2) // [B/2, B]
  const match = b.compare('EQ', b.iota('s32', logits.type.shape, 0), b.iota('s32', logits.type.shape, 1))
  const picked = b.sum(b.select(match, logits, b.zerosLike(logits)), [1])
  return b.mean(b.sub(logSumExp(b, logits), picked), [0])
}

/** A program that gives the loss and its gradients by name. */
function programOf(loss: Loss, batch = BATCH) {
  const m = new TestModel()
  const side = (name: string): Var => m.input(name, `f32[${batch},${WIDTH}]`)
  const s: Similarity = {
    rows: side('rows'),
    columns: side('columns'),
    scale: m.input('scale', 'f32[]'),
    bias: m.input('bias', 'f32[]'),
  }
  const value = loss(m, s)
  const grads = gradient(
    m.b,
    value,
    BY.map(name => s[name]),
  )
  return m.program({ loss: value, ...Object.fromEntries(BY.map((name, i) => [name, grads[i]!])) })
}

/** Embeddings lie in equal parts on the devices, the other inputs whole. */
const splitOf = (program: Program): number[] =>
  program.inputs.flatMap(({ name }, i) => (name === 'rows' || name === 'columns' ? [i] : []))

if ('missing' in plugin) {
  it.skip(`contrastive losses on several devices (skipped: ${plugin.missing})`, () => {})
} else {
  describe('contrastive losses on several devices', () => {
    const backends = new Map<number, Backend>()
    beforeAll(async () => {
      for (const deviceCount of [1, 2, 4])
        backends.set(
          deviceCount,
          await createXlaBackend({ plugin: plugin.path, deviceCount, lower: lowerToStableHlo }),
        )
    })
    afterAll(() => {
      for (const backend of backends.values()) backend.close()
    })

    /** The loss and its gradients by name. */
    async function measure(loss: Loss, devices: number) {
      const backend = backends.get(devices)!
      const program = programOf(loss)
      const split = splitOf(program)
      const executable = await backend.compile(program, { split })
      const numbers: Readonly<Record<string, readonly number[]>> = { scale: [5], bias: [-2] }
      const args = program.inputs.map(({ name, value: { type } }, i) =>
        backend.upload(
          hostArray(type, numbers[name] ?? noise(name, type.shape).map(v => v / 4)),
          split.includes(i) ? 'split' : 'replicated',
        ),
      )
      const outs = await executable.run(args)
      const arrays = await Promise.all(outs.map(async o => Array.from(view(await o.toHost()))))
      for (const a of [...args, ...outs]) a.free()
      executable.free()
      const results = Object.fromEntries(program.outputs.map(({ name }, i) => [name, arrays[i]!]))
      return results as Record<'loss' | (typeof BY)[number], number[]>
    }

    describe.each([2, 4])('%i devices', devices => {
      it.each(LOSSES)('%s and all its gradients are those of one device', async (_, loss) => {
        const [want, got] = [await measure(loss, 1), await measure(loss, devices)]
        for (const name of ['loss', ...BY] as const) {
          expect(got[name]).toHaveLength(want[name].length)
          expect(apart(got[name], want[name]), name).toBeLessThan(1e-5)
        }
        // InfoNCE does not depend on the bias; everything else moves its loss.
        const moving = BY.filter(name => want[name].some(v => Math.abs(v) > 1e-4))
        expect(moving).toEqual(expect.arrayContaining(['rows', 'columns', 'scale']))
      })
    })

    it('a loss of one device’s rows has a gradient in the columns of the other, as on one device', async () => {
      const [want, got] = [await measure(firstHalf, 1), await measure(firstHalf, 2)]
      expect(apart(got.columns, want.columns)).toBeLessThan(1e-5)
      const elsewhere = got.columns.slice((BATCH / 2) * WIDTH)
      // Each of these columns is only a negative of the first device's rows.
      for (let column = 0; column < BATCH / 2; column++) {
        const own = elsewhere.slice(column * WIDTH, (column + 1) * WIDTH)
        expect(Math.hypot(...own), `column ${column + BATCH / 2}`).toBeGreaterThan(1e-5)
      }
      // The rows of the other device have no part in this loss.
      expect(got.rows.slice((BATCH / 2) * WIDTH).every(v => v === 0)).toBe(true)
      expect(got.rows.slice(0, (BATCH / 2) * WIDTH).some(v => Math.abs(v) > 1e-5)).toBe(true)
    })

    it('in chunks, a device’s memory grows with the rows, not with their square', async () => {
      const growth = async (loss: Loss) => {
        const [small, large] = await Promise.all(
          [256, 1024].map(async batch => {
            const program = programOf(loss, batch)
            const executable = await backends.get(4)!.compile(program, { split: splitOf(program) })
            const { temporaryBytes } = executable.memory!
            executable.free()
            return temporaryBytes
          }),
        )
        return large! / small!
      }
      const [plain, chunked, , chunkedPairs] = LOSSES.map(([, loss]) => loss)
      expect(await growth(plain!)).toBeGreaterThan(8)
      expect(await growth(chunked!)).toBeLessThan(4.5)
      expect(await growth(chunkedPairs!)).toBeLessThan(4.5)
    })
  })
}
