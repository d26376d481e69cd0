import { expect, it } from 'vitest'
import { acceptedDtypes, triedDtypes } from './accepted.ts'
import { opsPage } from './ops-page.ts'
import { primitives } from './table.ts'

it('every dtype that a type rule takes has a case', () => {
  const untried = primitives.flatMap(p => {
    const tried = triedDtypes(p)
    return acceptedDtypes(p)
      .filter(d => !tried.includes(d))
      .map(d => `${p.name} ${d}`)
  })
  expect(untried).toEqual([])
})

it('docs/ops.md is what the primitives say (`npm run docs:ops` writes it)', async () => {
  await expect(opsPage()).toMatchFileSnapshot('../../docs/ops.md')
})
