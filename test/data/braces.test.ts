import { expect, test } from 'vitest'
import { expandBraces } from '../../src/data/read/braces.ts'

test('braces count and list, as WebDataset and the shell have them', () => {
  expect(expandBraces('plain.tar')).toEqual(['plain.tar'])
  expect(expandBraces('s-{008..011}.tar')).toEqual(['s-008.tar', 's-009.tar', 's-010.tar', 's-011.tar'])
  expect(expandBraces('{8..11}')).toEqual(['8', '9', '10', '11'])
  expect(expandBraces('{a,b}/{0..1}')).toEqual(['a/0', 'a/1', 'b/0', 'b/1'])
  expect(expandBraces('{x}{')).toEqual(['{x}{'])
  expect(expandBraces('{000000..000146}')).toHaveLength(147)
})

test('ranges that are mistyped or made to do harm are refused', () => {
  expect(() => expandBraces('{9..1}')).toThrow('The range {9..1} counts down. Write {1..9}.')
  expect(() => expandBraces('{0..999999999999}')).toThrow(/names 1000000000000 files; at most 100000/)
  expect(() => expandBraces('{0..99999}{0..99999}')).toThrow(/names 10000000000 files/)
})
