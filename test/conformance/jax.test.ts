import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Builder } from '../../src/ir/builder.ts'
import { tensor } from '../../src/ir/types.ts'
import { lowerToJax } from '../../src/lower/jax/lower.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { edgeEntries } from './edge-cases.ts'
import { jaxPython, runInJax } from './jax-python.ts'
import { recipeEntry, recipes } from './random/recipe.ts'
import { settledResults } from './random/settled.ts'
import { buildSuite, difference } from './run-all.ts'
import { type Entry, primitiveEntries } from './table.ts'

const python = jaxPython()
const LONG = process.env.DIPTYCH_TEST_LONG === '1'
const randomEntries = fc
  .sample(recipes, { seed: 20_240, numRuns: LONG ? 300 : 30 })
  .map(recipeEntry)
  .filter(entry => settledResults(buildSuite([entry])) !== null)
const entries = [...primitiveEntries, ...edgeEntries, ...randomEntries]
/** JAX has two modes: 64-bit integers change what it makes of types that are not written out. */
const wide = (entry: Entry): boolean => lowerToJax(buildSuite([entry]).program).includes('jax_enable_x64')

describe('the Python of JAX as text', () => {
  it('names inputs and outputs, and shows types and nodes', () => {
    const b = new Builder()
    const x = b.at('vision', () => b.input('batch/image', tensor('f32', [2, 3])))
    const w = b.input('lambda', tensor('f32', [3, 4]))
    const [scale, key] = [b.input('v0', tensor('f32', [])), b.input('key', tensor('u32', [2]))]
    const y = b.at('vision', () =>
      b.tanh(b.dotGeneral(x, w, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] })),
    )
    b.at('loss', () => {
      b.output('logits/scaled', b.mul(y, scale))
      b.output("it's", b.topK(b.slice(y, [0, 1], [2, 4], [1, 2]), 1, 1)[1])
      b.output(
        'noise',
        b.threefry(key, b.iota('u32', [4], 0), b.constant(tensor('u32', [4]), [9, 8, 7, 6]))[0],
      )
    })
    expect(lowerToJax(b.finish('train step'))).toMatchInlineSnapshot(`
      "import jax
      import jax.numpy as jnp
      from jax import lax


      def top_k(x, k):
          """The largest along the last axis and their places; a NaN counts as infinity, -0 and 0 are equal."""
          ordered = jnp.where(jnp.isnan(x), jnp.inf, jnp.where(x == 0, 0, x))
          places = lax.top_k(ordered, k)[1]
          return jnp.take_along_axis(x, places, axis=-1), places


      def threefry2x32(key, x0, x1):
          """One block of Threefry-2x32 for each pair of counters, as jax.random uses it."""
          from jax.extend.random import threefry2x32_p

          return threefry2x32_p.bind(key[0], key[1], x0, x1)


      def train_step(batch_image, lambda_2, v0, key):
          """Inputs:

              batch_image: f32[2,3] (batch/image)
              lambda_2: f32[3,4] (lambda)
              v0: f32[]
              key: u32[2]
          """
          # vision
          v1 = batch_image @ lambda_2  # f32[2,4]
          v2 = jnp.tanh(v1)  # f32[2,4]
          # loss
          v3 = jnp.broadcast_to(v0, (2, 4))  # f32[2,4]
          v4 = v2 * v3  # f32[2,4]
          v5 = v2[0:2, 1:4:2]  # f32[2,2]
          (v6, v7) = top_k(v5, 1)  # f32[2,1], s32[2,1]
          v8 = lax.broadcasted_iota(jnp.uint32, (4,), 0)  # u32[4]
          v9 = jnp.array([9, 8, 7, 6], jnp.uint32)  # u32[4]
          (v10, v11) = threefry2x32(key, v8, v9)  # u32[4], u32[4]
          return {
              'logits/scaled': v4,
              'it\\'s': v7,
              'noise': v10,
          }
      "
    `)
  })

  it('nests the regions of loops and branches as functions, which read what is around them', () => {
    const b = new Builder()
    const [h, xs] = [b.input('h', tensor('f32', [2])), b.input('xs', tensor('f32', [3, 2]))]
    const { carry, ys } = b.scan(
      [h, b.scalar('s64', 0)],
      [xs],
      (c, [s, n], [x]) => {
        const next = c.cond(
          c.compare('GT', n!, 1),
          d => [d.mul(s!, h)],
          d => d.remat(e => [e.exp(d.add(s!, x!))]),
        )
        return { carry: [next[0]!, c.add(n!, 1)], ys: next }
      },
      { reverse: true, remat: true },
    )
    const [small] = b.while(
      [carry[0]!],
      (c, [v]) => c.reduceAnd(c.compare('GT', v!, 1), [0]),
      (c, [v]) => [c.mul(v!, 0.5)],
    )
    b.output('small', small!)
    b.output('states', ys[0]!)
    expect(lowerToJax(b.finish('loops'))).toMatchInlineSnapshot(`
      "import jax
      import jax.numpy as jnp
      from jax import lax

      jax.config.update('jax_enable_x64', True)


      def loops(h, xs):
          """Inputs:

              h: f32[2]
              xs: f32[3,2]
          """
          v0 = jnp.int64(0)  # s64[]

          def scan_body(carry, x):
              (v1, v2) = carry
              (v3,) = x
              v4 = jnp.int64(1)  # s64[]
              v5 = v2 > v4  # bool[]

              def cond_then():
                  v6 = v1 * h  # f32[2]
                  return (v6,)

              def cond_else():
                  v7 = v1 + v3  # f32[2]

                  def remat_body(held):
                      (v8,) = held
                      v9 = jnp.exp(v8)  # f32[2]
                      return (v9,)

                  (v10,) = jax.checkpoint(remat_body)((v7,))  # f32[2]
                  return (v10,)

              (v11,) = lax.cond(v5, cond_then, cond_else)  # f32[2]
              v12 = v2 + v4  # s64[]
              return (v11, v12), (v11,)

          (v13, v14), (v15,) = lax.scan(jax.checkpoint(scan_body), (h, v0), (xs,), length=3, reverse=True)  # f32[2], s64[], f32[3,2]

          def while_cond(carry_2):
              (v16,) = carry_2
              v17 = jnp.float32(1.0)  # f32[]
              v18 = jnp.broadcast_to(v17, (2,))  # f32[2]
              v19 = v16 > v18  # bool[2]
              v20 = jnp.all(v19, axis=(0,))  # bool[]
              return v20

          def while_body(carry_3):
              (v21,) = carry_3
              v22 = jnp.float32(0.5)  # f32[]
              v23 = jnp.broadcast_to(v22, (2,))  # f32[2]
              v24 = v21 * v23  # f32[2]
              return (v24,)

          (v25,) = lax.while_loop(while_cond, while_body, (v13,))  # f32[2]
          return {
              'small': v25,
              'states': v15,
          }
      "
    `)
  })
})

if ('missing' in python) {
  it.skip(`JAX text (skipped: ${python.missing})`, () => {})
} else {
  describe('the Python of JAX agrees with the reference', () => {
    const problems = new Map<string, string[]>(entries.map(e => [e.name, []]))
    beforeAll(async () => {
      const groups = [entries.filter(e => !wide(e)), entries.filter(wide)]
      const suites = groups.map(buildSuite)
      const results = await runInJax(python.path, suites)
      for (const [k, { program, values, outputs }] of suites.entries()) {
        const expected = evaluate(program, values)
        for (const [i, { entry, what, tol }] of outputs.entries()) {
          const problem = difference(expected[i]!, results[k]![i]!, tol)
          if (problem) problems.get(entry)!.push(`${what} ${problem}`)
        }
      }
    }, 600_000)

    it.each(entries.map(e => e.name))('%s', name => {
      expect(problems.get(name)).toEqual([])
    })
  })
}
