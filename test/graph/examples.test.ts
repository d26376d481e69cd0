import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { examplesIn } from '../../src/cli/examples.ts'
import { registry } from '../../src/nodes/index.ts'

const examples = examplesIn(fileURLToPath(new URL('../../graphs', import.meta.url)))

/** Types that no graph of the project shows, and why. */
const WITHOUT_EXAMPLE: Readonly<Record<string, string>> = {}

describe('every node type is shown in a graph that ships', () => {
  const lacking = [...registry.keys()].filter(type => !examples.some(({ types }) => types.has(type)))

  test('but for those that say why not', () => {
    expect(lacking.filter(type => !Object.hasOwn(WITHOUT_EXAMPLE, type))).toEqual([])
  })

  test('and nothing says why not that is shown', () => {
    expect(Object.keys(WITHOUT_EXAMPLE).filter(type => !lacking.includes(type))).toEqual([])
  })
})

test.each(examples.map(e => [e.file, e] as const))(
  'graphs/%s tells what it teaches',
  (_, { document, types }) => {
    expect(document.meta.about ?? '').toMatch(/.{40}/s)
    expect(types.has('note')).toBe(true)
  },
)
