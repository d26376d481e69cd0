import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, extname, join, parse, relative, sep } from 'node:path'
import { parseGraph } from '../graph/parse.ts'
import type { FolderListing, GraphFileInfo } from '../protocol/workbench.ts'
import { sketchOf } from './sketch.ts'

const MOST_ENTRIES = 2000

/** What an open or save dialog shows of a folder: subfolders, graph files and bundles; nothing hidden. */
export async function listFolder(folder: string): Promise<FolderListing> {
  const found = await readdir(folder, { withFileTypes: true })
  const entries: { name: string; path: string; kind: 'folder' | 'graph' | 'bundle' }[] = []
  for (const entry of found.slice(0, MOST_ENTRIES)) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    const isFolder = entry.isSymbolicLink()
      ? ((await stat(path).catch(() => undefined))?.isDirectory() ?? false)
      : entry.isDirectory()
    const kind = isFolder ? 'folder' : KINDS[extname(entry.name)]
    if (kind) entries.push({ name: entry.name, path, kind })
  }
  const rank = { folder: 0, graph: 1, bundle: 1 }
  entries.sort((a, b) => rank[a.kind] - rank[b.kind] || a.name.localeCompare(b.name))
  return { folder, parent: folder === parse(folder).root ? null : dirname(folder), entries }
}

const KINDS: Readonly<Record<string, 'graph' | 'bundle'>> = { '.json': 'graph', '.dpt': 'bundle' }

/** Graphs that come with Diptych, then those that were opened before and are still there. */
export async function listGraphs(bundled: string, recent: readonly string[]): Promise<GraphFileInfo[]> {
  const found = await readdir(bundled, { recursive: true }).catch(() => [] as string[])
  // Without their endings, so that `clip-emoji` comes before `clip-emoji-shuffled`; folders come last.
  const names = found.filter(name => extname(name) === '.json').map(name => name.slice(0, -'.json'.length))
  const depth = (name: string) => name.split(sep).length
  const sorted = names.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
  const paths = sorted.map(name => join(bundled, `${name}.json`))
  const familyOf = (path: string) => relative(bundled, dirname(path)).split(sep).join('/') || undefined
  const [own, others] = await Promise.all([
    Promise.all(
      paths.map(async path => {
        const info = await infoOf(path, 'bundled')
        return info && { ...info, family: familyOf(path) }
      }),
    ),
    Promise.all(recent.filter(p => !paths.includes(p)).map(path => infoOf(path, 'recent'))),
  ])
  return [...own, ...others].filter(info => info !== undefined)
}

async function infoOf(path: string, kind: GraphFileInfo['kind']): Promise<GraphFileInfo | undefined> {
  if (extname(path) === '.dpt')
    return (await stat(path).catch(() => undefined)) && { path, title: parse(path).name, kind }
  const text = await readFile(path, 'utf8').catch(() => undefined)
  const document = text === undefined ? undefined : parseGraph(text).document
  if (!document) return undefined
  const { title, about } = document.meta
  return { path, title, about, kind, sketch: sketchOf(document) }
}
