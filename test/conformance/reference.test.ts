import { expect, it } from 'vitest'
import { tensor } from '../../src/ir/types.ts'
import { createReferenceBackend } from '../../src/runtime/reference/backend.ts'
import { edgeEntries } from './edge-cases.ts'
import { difference, runAll } from './run-all.ts'
import { primitiveEntries, primitives } from './table.ts'
import { rounded } from './values.ts'

it('the reference agrees with itself through the backend interface', async () => {
  const report = await runAll(createReferenceBackend(), [...primitiveEntries, ...edgeEntries])
  expect([...report].filter(([, problems]) => problems.length > 0)).toEqual([])
})

it('every primitive has cases, and every entry its own name', () => {
  expect(primitives.filter(p => p.cases.length === 0).map(p => p.name)).toEqual([])
  const names = [...primitiveEntries, ...edgeEntries].map(e => e.name)
  expect(names.filter((n, i) => names.indexOf(n) !== i)).toEqual([])
})

it('a difference is seen, in value and in type', () => {
  const type = tensor('f32', [3])
  const x = rounded(type, [1, NaN, 100])
  expect(difference(x, x, 0)).toBeNull()
  expect(difference(x, rounded(type, [1, NaN, 100.0005]), 1e-5)).toBeNull()
  expect(difference(x, rounded(type, [1, NaN, 100.01]), 1e-5)).toContain('at 2 of f32[3] is 100.01')
  expect(difference(x, rounded(type, [1, 2, 100]), 1)).toContain('at 1 of f32[3] is 2')
  expect(difference(x, rounded(type, [Infinity, NaN, 100]), 1)).toContain('at 0')
  expect(difference(x, rounded(tensor('f32', [1, 3]), [1, NaN, 100]), 0)).toContain('has type f32[1,3]')
})
