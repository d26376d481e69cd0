import { beforeEach, expect, test, vi } from 'vitest'
import { electronSettings } from '../../src/main/settings.ts'

const file = vi.hoisted(() => ({ content: {} as Record<string, unknown> }))

vi.mock('electron-store', () => ({
  default: class {
    get(key: string): unknown {
      return file.content[key]
    }
    set(key: string, value: unknown): void {
      file.content = { ...file.content, [key]: structuredClone(value) }
    }
  },
}))

beforeEach(() => {
  file.content = {}
})

test('settings begin with what everyone gets', () => {
  expect(electronSettings().read()).toEqual({
    ...{ theme: 'system', recent: [], keys: {}, places: [], snapshotMegabytes: 512 },
  })
})

test('a change keeps the rest, and is there for the next start', () => {
  const settings = electronSettings()
  settings.write({ recent: ['/graphs/a.json'] })
  expect(settings.write({ theme: 'dark' })).toEqual({
    theme: 'dark',
    recent: ['/graphs/a.json'],
    keys: {},
    snapshotMegabytes: 512,
    places: [],
  })
  expect(electronSettings().read()).toEqual({
    theme: 'dark',
    recent: ['/graphs/a.json'],
    keys: {},
    snapshotMegabytes: 512,
    places: [],
  })
})

test.each([
  ['not an object', 'dark'],
  ['a theme that is none', { theme: 'pink', recent: [] }],
  ['paths that are none', { theme: 'dark', recent: [1, null] }],
])('settings that are %s do no harm', (_what, settings) => {
  file.content = { settings }
  const read = electronSettings().read()
  expect(['system', 'light', 'dark']).toContain(read.theme)
  expect(read.recent.every(path => typeof path === 'string')).toBe(true)
})
