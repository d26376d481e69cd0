import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './kit.ts'

const docs = join(root, 'docs')
const pages = [
  join(root, 'README.md'),
  ...readdirSync(docs)
    .filter(name => name.endsWith('.md'))
    .map(name => join(docs, name)),
]

/** Files that a page shows or leads to. */
function linked(page: string): readonly string[] {
  const text = readFileSync(page, 'utf8')
  const targets = [...text.matchAll(/\]\(([^)#\s]+)|(?:src|srcset|href)="([^"#]+)"/g)].map(m => m[1] ?? m[2]!)
  return targets.filter(target => !/^[a-z]+:/.test(target)).map(target => join(page, '..', target))
}

test('every page shows and links what is there', () => {
  expect(pages.flatMap(linked).filter(file => !existsSync(file))).toEqual([])
})

test('every picture is shown somewhere', () => {
  const shown = new Set(pages.flatMap(linked))
  const pictures = readdirSync(join(docs, 'pictures')).map(name => join(docs, 'pictures', name))
  expect(pictures.filter(file => !shown.has(file))).toEqual([])
})
