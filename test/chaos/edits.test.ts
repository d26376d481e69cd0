import { expect, test } from 'vitest'
import { Edits } from './edits.ts'

const first = { text: '', title: '' }

/** `abcd`, a key every 400 ms. */
function typed(): Edits {
  const edits = new Edits(first)
  for (const [i, text] of ['a', 'ab', 'abc', 'abcd'].entries()) edits.add(400 * i, { text })
  return edits
}

test('what came back is held against what was written, key by key', () => {
  expect(typed().recovered({ text: 'abcd', title: '' })).toEqual({ edits: 0, ms: 0 })
  expect(typed().recovered({ text: 'abc', title: '' })).toEqual({ edits: 1, ms: 0 })
  expect(typed().recovered({ text: '', title: '' })).toEqual({ edits: 4, ms: 1200 })
  expect(() => typed().recovered({ text: 'abx', title: '' })).toThrow('never written')
  // Two things that were never there at the same time.
  const edits = typed()
  edits.add(2000, { title: 'T' })
  expect(() => edits.recovered({ text: 'ab', title: 'T' })).toThrow('never written')
})

test('what went before a kill can not come back after it', () => {
  const edits = typed()
  edits.recovered({ text: 'ab', title: '' })
  edits.add(9000, { text: 'abz' })
  expect(() => edits.recovered({ text: 'a', title: '' })).toThrow('never written')
  // Unless it was just being undone.
  edits.undo()
  expect(edits.recovered({ text: 'a', title: '' })).toEqual({ edits: 0, ms: 0 })
})

test('keys that the window did not take are no edits', () => {
  const edits = typed()
  edits.shown({ text: 'ab', title: '' })
  expect(edits.recovered({ text: 'ab', title: '' })).toEqual({ edits: 0, ms: 0 })
  expect(() => edits.shown({ text: 'q', title: '' })).toThrow('never written')
})

test('an undo that the window shows a moment later, and that is then lost, brings back what was written', () => {
  const edits = typed()
  edits.undo()
  // Read too early: nothing has changed yet.
  edits.add(2000, edits.last)
  edits.shown({ text: 'a', title: '' })
  expect(edits.recovered({ text: 'abc', title: '' })).toEqual({ edits: 0, ms: 0 })
})
