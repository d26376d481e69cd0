import { expect, test } from 'vitest'
import { migrateParams, upToDate } from '../../src/graph/migrate.ts'
import { registry } from '../../src/nodes/index.ts'
import { node } from '../graph/fixtures.ts'

/** For each migration `type version`: parameters of that version, and what they are in the newest. */
const CASES: Readonly<Record<string, readonly (readonly [object, object])[]>> = {
  'train 1': [
    [{}, {}],
    [{ steps: 5 }, { steps: 5 }],
    [
      { steps: 5, trainable: ['vision/*', 'text/*'] },
      { objectives: [{ trainable: 'vision/*' }, { trainable: 'text/*' }], steps: 5 },
    ],
    [{ trainable: [] }, { objectives: [] }],
  ],
}

test('every migration of every node is tested, and there is one for each older version', () => {
  const due = [...registry.values()].flatMap(def =>
    Array.from({ length: def.version - 1 }, (_, i) => `${def.type} ${i + 1}`),
  )
  const written = [...registry.values()].flatMap(def =>
    Object.keys(def.migrations ?? {}).map(v => `${def.type} ${v}`),
  )
  expect(written.sort()).toEqual(due.sort())
  expect(Object.keys(CASES).sort()).toEqual(due)
})

test.each(Object.entries(CASES).flatMap(([name, cases]) => cases.map(c => [name, ...c] as const)))(
  '%s: %j',
  (name, before, after) => {
    const [type, v] = name.split(' ') as [string, string]
    const def = registry.get(type)!
    const json = { ...node(type, before as never), v: Number(v) }
    const migrated = migrateParams(def, json)
    expect(migrated).toEqual(after)
    expect(def.params.safeParse(migrated).success).toBe(true)
    expect(upToDate(def, json)).toEqual({ ...json, v: def.version, params: after })
  },
)

test('parameters that were never sound stay as they are', () => {
  const json = node('train', { trainable: 5 })
  expect(upToDate(registry.get('train'), json)).toBe(json)
})
