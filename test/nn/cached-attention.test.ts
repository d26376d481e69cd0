import { describe, expect, test } from 'vitest'
import type { Var } from '../../src/ir/program.ts'
import {
  type CachedAttentionOptions,
  cachedAttention,
  cacheShape,
  type KeyValueCache,
} from '../../src/nn/cached-attention.ts'
import { groupedAttention } from '../../src/nn/grouped-attention.ts'
import { difference, run, TestModel, withNoise } from './scope.ts'

const [BATCH, LENGTH, WIDTH, SLOTS] = [2, 6, 8, 7]

/** The sequence `x` in stretches of these lengths, and all at once, through the same weights. */
function bothWays(lengths: readonly number[], options: CachedAttentionOptions, padded = false): number {
  const m = new TestModel()
  const { b } = m
  const x = m.input('x', `f32[${BATCH},${LENGTH},${WIDTH}]`)
  const valid = padded ? m.input('valid', `bool[${BATCH},${LENGTH}]`) : undefined
  const kvHeads = options.kvHeads ?? options.heads
  const shape = cacheShape([BATCH], SLOTS, { kvHeads, headWidth: options.headWidth ?? WIDTH / options.heads })
  // Noise stands for what an earlier sequence left behind.
  let cache: KeyValueCache = {
    keys: m.input('keys', `f32[${shape}]`),
    values: m.input('values', `f32[${shape}]`),
  }
  const slots = valid && b.pad(valid, [0, 0], [0, SLOTS - LENGTH])
  const parts: Var[] = []
  let from = 0
  for (const n of lengths) {
    const part = b.sliceAxis(x, 1, from, from + n)
    const at = b.scalar('s32', from)
    const given = { ...options, valid: slots }
    const step: ReturnType<typeof cachedAttention> = cachedAttention(m.s, part, given, cache, at)
    parts.push(step.output)
    cache = step.cache
    from += n
  }
  const whole = groupedAttention(m.s, x, { ...options, causal: true, valid })
  const program = m.program({ parts: b.concatenate(parts, 1), whole })
  const real = Array.from({ length: BATCH * LENGTH }, (_, i) => (i === 1 ? 0 : 1))
  const results = run(program, withNoise(program, padded ? { valid: real } : undefined))
  return difference(results.parts!, results.whole!)
}

describe('attention with a cache is attention to the whole sequence', () => {
  const token = new Array<number>(LENGTH).fill(1)

  test.each([
    ['token by token', token],
    ['a prompt, then token by token', [3, 1, 1, 1]],
    ['all at once', [LENGTH]],
  ])('%s', (_, lengths) => {
    expect(bothWays(lengths, { heads: 2 })).toBeLessThan(1e-12)
  })

  test.each<[string, CachedAttentionOptions]>([
    ['shared keys', { heads: 4, kvHeads: 2 }],
    ['rotary positions', { heads: 2, rotary: {} }],
    [
      'all that language models add',
      { heads: 4, kvHeads: 1, headWidth: 4, rotary: { base: 100 }, qkNorm: true, bias: true },
    ],
  ])('%s', (_, options) => {
    expect(bothWays([2, 1, 3], options)).toBeLessThan(1e-12)
  })

  test('padding is seen by none', () => {
    expect(bothWays([2, 1, 3], { heads: 4, kvHeads: 2, rotary: {} }, true)).toBeLessThan(1e-12)
  })

  test('later slots are not seen, whatever they hold', () => {
    // Without the mask the noise in the free slots would show in the first stretch.
    expect(bothWays([1, 5], { heads: 1 })).toBeLessThan(1e-12)
  })
})

test('a cache of the wrong size is refused with both shapes', () => {
  const m = new TestModel()
  const cache = { keys: m.input('keys', 'f32[4,3,2]'), values: m.input('values', 'f32[4,3,2]') }
  const build = (x: string) => cachedAttention(m.s, m.input(x, x), { heads: 4 }, cache, m.b.scalar('s32', 0))
  expect(() => build('f32[2,1,8]')).toThrow(
    'a cache of f32[4,3,2] and f32[4,3,2] does not hold keys f32[8,1,2]: it needs [8, S, 2] with S of at least 1',
  )
  expect(() => build('f32[1,4,8]')).toThrow('it needs [4, S, 2] with S of at least 4')
})
