import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CODES, suggest } from '../../../src/graph/diagnostic.ts'
import { checked, clip, shown, withParams } from '../fixtures.ts'
import { findings } from './kit.ts'

describe('one cause, one finding', () => {
  test('what reads a faulty node is not judged', () => {
    expect(findings(withParams(clip(), 'train_emoji', { split: 'trane' }))).toMatchInlineSnapshot(
      `"error DT012 node "train_emoji" params.split: it must be "train" or "test" or "all", not "trane". Did you mean "train"?"`,
    )
    const doc = withParams(withParams(clip(), 'vision', { patch: 7 }), 'zero_shot', { label: 'groop' })
    expect(findings(doc)).toMatchInlineSnapshot(
      `"error DT052 node "vision" params.patch: patches of 7 don't divide a picture of 64 × 64. Choose a divisor of 64."`,
    )
  })

  test('findings come in the order of the file', () => {
    const doc = withParams(withParams(clip(), 'zero_shot', { label: 3 }), 'test_emoji', { split: 3 })
    expect(checked(doc).diagnostics.map(d => d.node)).toEqual(['test_emoji', 'zero_shot'])
  })
})

describe('messages', () => {
  test('suggestions know swaps, and short words do not match everything', () => {
    expect(suggest('imgae', ['image', 'text'])).toBe('Did you mean "image"?')
    expect(suggest('id', ['in', 'width', 'a'])).toBe('Did you mean "in"?')
    expect(suggest('x', ['a', 'b'])).toBe('There is: a, b.')
    expect(suggest('x'.repeat(1e6), ['y'.repeat(1e6)]).length).toBeLessThan(200)
    expect(
      suggest(
        'zzzzzz',
        Array.from({ length: 30 }, (_, i) => `n${i}`),
      ),
    ).toContain('and 10 more.')
    expect(suggest('x', [])).toBe('There is none.')
  })

  test('a name from a file cannot write to the terminal', () => {
    const text = shown([
      { code: 'DT011', severity: 'error', node: 'a', message: 'no parameter "\u001b[2J\u202e\n"' },
    ])
    expect(text).toBe('error DT011 node "a": no parameter "\\u001b[2J\\u202e\\u000a"')
  })
})

test('every code is in a snapshot beside', () => {
  const shownHere = readdirSync(import.meta.dirname)
    .filter(file => file.endsWith('.test.ts'))
    .map(file => readFileSync(join(import.meta.dirname, file), 'utf8'))
    .join('\n')
  const isShown = (code: string) => ['error', 'warning'].some(word => shownHere.includes(`${word} ${code}`))
  expect(Object.keys(CODES).filter(code => !isShown(code))).toEqual([])
})
