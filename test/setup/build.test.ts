import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadScript, makeTree, putFiles, runNode } from './kit.ts'

interface BuildModule {
  ensureBuild(root: string, options: { log: (line: string) => void }): Promise<void>
  buildReady(root: string): boolean
}
const { ensureBuild, buildReady } = await loadScript<BuildModule>('build.mjs')

const lockOf = (version: string) => JSON.stringify({ packages: { 'node_modules/zod': { version } } })

const SOURCES = {
  'package.json': '{ "type": "module" }',
  'package-lock.json': lockOf('4.0.0'),
  'tsconfig.json': '{ "compilerOptions": { "verbatimModuleSyntax": true } }',
  'src/cli/main.ts': "import { half } from '../nn/half.ts'\nconsole.log(process.argv[2], half(4))",
  'src/engine/main.ts': "export const engine: string = 'engine'",
  'src/data/scenes/worker.ts': 'export const worker = 1',
  'src/data/read/parquet-worker.ts': 'export const worker = 2',
  'src/data/sql/sql-worker.ts': 'export const worker = 3',
  'src/nn/half.ts': 'export const half = (x: number): number => x / 2',
  'src/nn/types.ts': 'export interface Deep { a: number }',
  'src/nodes/x/uses-half.ts': "import { half } from '../../nn/half.ts'\nexport const a = half(2)",
  'src/nodes/x/uses-zod.ts': "import { z } from 'zod'\nexport const a = z",
  'src/nodes/x/alone.ts': "import type { Deep } from '../../nn/types.ts'\nexport const a: Deep = { a: 1 }",
  'src/data/reader.ts': "import { readFile } from 'node:fs/promises'\nexport const read = readFile",
  'src/engine/services/s.ts': "import { read } from '../../data/reader.ts'\nexport const s = read",
}

async function build(root: string): Promise<string[]> {
  const lines: string[] = []
  await ensureBuild(root, { log: line => lines.push(line) })
  return lines
}

const hashes = (root: string): Record<string, string> =>
  JSON.parse(readFileSync(join(root, 'out', 'code-hashes.json'), 'utf8'))

/** The files whose hash a change of the sources changes. */
async function changedBy(files: Record<string, string>): Promise<string[]> {
  const root = makeTree(SOURCES)
  await build(root)
  const before = hashes(root)
  putFiles(root, files)
  expect(buildReady(root)).toBe(false)
  await build(root)
  const after = hashes(root)
  return Object.keys(after).filter(file => after[file] !== before[file])
}

test('bundles both programs, once', async () => {
  const root = makeTree(SOURCES)
  expect(buildReady(root)).toBe(false)
  expect(await build(root)).toEqual([expect.stringMatching(/^built in \d/)])
  expect(buildReady(root)).toBe(true)
  expect((await runNode([join(root, 'out', 'cli.mjs'), 'hello'])).stdout).toBe('hello 2\n')
  expect(existsSync(join(root, 'out', 'engine.mjs.map'))).toBe(true)
  const made = statSync(join(root, 'out', 'cli.mjs')).mtimeMs
  expect(await build(root)).toEqual([])
  expect(statSync(join(root, 'out', 'cli.mjs')).mtimeMs).toBe(made)
})

test('hashes each node, reader and service', async () => {
  const root = makeTree(SOURCES)
  await build(root)
  expect(Object.keys(hashes(root))).toEqual([
    'src/nodes/x/alone.ts',
    'src/nodes/x/uses-half.ts',
    'src/nodes/x/uses-zod.ts',
    'src/data/read/parquet-worker.ts',
    'src/data/reader.ts',
    'src/data/scenes/worker.ts',
    'src/data/sql/sql-worker.ts',
    'src/engine/services/s.ts',
  ])
  for (const hash of Object.values(hashes(root))) expect(hash).toMatch(/^[0-9a-f]{64}$/)
  const again = makeTree(SOURCES)
  await build(again)
  expect(hashes(again)).toEqual(hashes(root))
})

test('a hash changes with all that is imported, and with nothing else', async () => {
  expect(await changedBy({ 'src/nn/half.ts': 'export const half = (x: number): number => x * 0.5' })).toEqual(
    ['src/nodes/x/uses-half.ts'],
  )
  expect(await changedBy({ 'src/data/reader.ts': 'export const read = 1' })).toEqual([
    'src/data/reader.ts',
    'src/engine/services/s.ts',
  ])
  expect(await changedBy({ 'package-lock.json': lockOf('4.0.1') })).toEqual(['src/nodes/x/uses-zod.ts'])
  expect(await changedBy({ 'src/cli/main.ts': 'console.log(1)' })).toEqual([])
  // Types are gone before anything runs.
  expect(await changedBy({ 'src/nn/types.ts': 'export interface Deep { a: number; b?: number }' })).toEqual(
    [],
  )
})

test('says what is missing and where the sources are wrong', async () => {
  const { 'src/engine/main.ts': _, ...rest } = SOURCES
  await expect(build(makeTree(rest))).rejects.toThrow(
    'the build needs src/engine/main.ts, which is not there',
  )
  const broken = makeTree({ ...SOURCES, 'src/nn/half.ts': 'export const half =\n\n)' })
  await expect(build(broken)).rejects.toThrow(/^the build failed:\n {2}src\/nn\/half\.ts:3: Unexpected "\)"/)
  expect(buildReady(broken)).toBe(false)
})
