import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MenuItemConstructorOptions } from 'electron'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { resolveAsset } from '../../src/main/app-scheme.ts'
import { graphOf } from '../../src/main/arguments.ts'
import { menuTemplate } from '../../src/main/menu.ts'

describe('the addresses of the window', () => {
  const root = join('/', 'app', 'renderer')
  const pathOf = (url: string) => resolveAsset(url, root)?.path

  test('name files of the built window', () => {
    expect(pathOf('diptych://app/index.html')).toBe(join(root, 'index.html'))
    expect(pathOf('diptych://app/assets/index-1a2b.js?x=1#open=%2Fa.json')).toBe(
      join(root, 'assets', 'index-1a2b.js'),
    )
    const page = resolveAsset('diptych://app/index.html', root)
    expect(page?.headers['Content-Type']).toBe('text/html; charset=utf-8')
    expect(page?.headers['X-Content-Type-Options']).toBe('nosniff')
    const policy = page?.headers['Content-Security-Policy'] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).not.toContain('unsafe-eval')
  })

  test.each([
    ['another host', 'diptych://other/index.html'],
    ['another scheme', 'file:///app/renderer/index.html'],
    ['the folder itself', 'diptych://app/'],
    ['no known kind of file', 'diptych://app/assets/secret.json'],
    ['no ending', 'diptych://app/passwd'],
    ['an escaped slash', 'diptych://app/..%2f..%2fetc%2fsite.html'],
    ['a folder whose name begins the same', 'diptych://app/..%2frenderer-other%2findex.html'],
    ['a broken escape', 'diptych://app/%zz.html'],
    ['a path that goes up in the end', 'diptych://app//etc/..%2f..%2f..%2fetc%2fsite.html'],
  ])('do not reach %s', (_what, url) => {
    expect(pathOf(url)).toBeUndefined()
  })

  test('steps up end at the top', () => {
    expect(pathOf('diptych://app/%2e%2e/../main/index.js')).toBe(join(root, 'main', 'index.js'))
  })
})

describe('the command line of the desktop shell', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'diptych-args-'))
    for (const name of ['a.json', 'b.dpt', 'note.txt']) writeFileSync(join(folder, name), '{}')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('names a graph, relative to the folder that it was typed in', () => {
    expect(graphOf(['electron', 'out/main/index.js', 'a.json'], folder)).toBe(join(folder, 'a.json'))
    expect(graphOf(['diptych', join(folder, 'b.dpt')], '/')).toBe(join(folder, 'b.dpt'))
  })

  test('or none: flags, other files, files that are not there', () => {
    expect(graphOf(['electron', '--config=a.json', 'note.txt', 'missing.json'], folder)).toBeUndefined()
    expect(graphOf([join(folder, 'a.json')], folder)).toBeUndefined()
  })
})

describe('the menu', () => {
  const act = { newWindow: vi.fn(), openFile: vi.fn() }
  const titles = (platform: string) => menuTemplate(platform, act).map(item => item.label ?? item.role)

  test('has what each system expects', () => {
    expect(titles('linux')).toEqual(['&File', '&Edit', '&View', 'windowMenu'])
    expect(titles('darwin')).toEqual(['appMenu', '&File', '&Edit', '&View', 'windowMenu'])
  })

  test('takes none of the keys that are the window’s own', () => {
    const keys = menuTemplate('linux', act)
      .flatMap(item => item.submenu as MenuItemConstructorOptions[] | undefined)
      .map(item => item?.accelerator)
      .filter(Boolean)
    expect(keys).toEqual(['CmdOrCtrl+Shift+N', 'CmdOrCtrl+Shift+O'])
    const roles = JSON.stringify(menuTemplate('linux', act))
    expect(roles).not.toMatch(/"(undo|redo)"/)
  })
})
