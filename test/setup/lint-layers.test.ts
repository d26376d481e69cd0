import { describe, expect, test } from 'vitest'
import { loadScript, makeTree, root } from './kit.ts'

interface LintModule {
  lintLayers(root: string): { files: number; problems: string[] }
}
interface ImportsModule {
  findImports(text: string): { line: number; specifier: string | undefined; typeOnly: boolean }[]
  maskText(text: string): string
}
interface LayersModule {
  LAYERS: Record<string, { imports: string[]; types?: string[] }>
}
const { lintLayers } = await loadScript<LintModule>('lint-layers.mjs')
const { findImports, maskText } = await loadScript<ImportsModule>('lint/imports.mjs')
const { LAYERS } = await loadScript<LayersModule>('lint/layers.mjs')

const MANIFEST = JSON.stringify({
  dependencies: { zod: '4', koffi: '3', '@scope/used': '1' },
  devDependencies: { vite: '1' },
})

/** The problems of a tree of sources. */
const lint = (files: Record<string, string>) =>
  lintLayers(makeTree({ 'package.json': MANIFEST, ...files })).problems

describe('layers', () => {
  test('imports that go downwards pass', () => {
    expect(
      lint({
        'src/ir/a.ts': "import { b } from './ops/b.ts'\nexport * from './ops/b.ts'",
        'src/nn/a.ts': "import { a } from '../ir/a.ts'",
        'src/graph/a.ts': "import { z } from 'zod'\nimport { a } from '../nn/a.ts'",
        'src/nodes/x/a.ts': "import { a } from '../../graph/a.ts'",
        'src/data/a.ts':
          "import { readFile } from 'node:fs/promises'\nimport type { A } from '../graph/a.ts'",
        'src/runtime/pjrt/a.ts': "import koffi from 'koffi'\nimport { a } from '../../ir/a.ts'",
        'src/engine/a.ts': "import { a } from '../runtime/pjrt/a.ts'\nimport '@scope/used/file'",
        'src/cli/a.ts': "import { a } from '../host/a.ts'\nconst b = await import('../nodes/x/a.ts')",
      }),
    ).toEqual([])
  })

  test.each([
    [
      'src/ir/a.ts',
      "import { a } from '../nn/a.ts'",
      ':1: ir may not import nn (../nn/a.ts); it may import nothing',
    ],
    [
      'src/ir/a.ts',
      "\nexport { a } from '../nn/a.ts'",
      ':2: ir may not import nn (../nn/a.ts); it may import nothing',
    ],
    [
      'src/nn/a.ts',
      "import type { A } from '../graph/a.ts'",
      ':1: nn may not import graph (../graph/a.ts); it may import ir',
    ],
    [
      'src/cli/a.ts',
      "const a = await import('../engine/a.ts')",
      ':1: cli may not import engine (../engine/a.ts); it may import host, server, protocol, graph, nodes',
    ],
    [
      'src/cli/a.ts',
      "type A = import('../engine/a.ts').A",
      ':1: cli may not import engine (../engine/a.ts); it may import host, server, protocol, graph, nodes',
    ],
    [
      'src/host/a.ts',
      "import '../engine/a.ts'",
      ':1: host may not import engine (../engine/a.ts); it may import protocol, graph',
    ],
    [
      'src/data/a.ts',
      "import { a } from '../graph/a.ts'",
      ':1: data may import only types of graph (../graph/a.ts): write "import type"',
    ],
    [
      'src/data/a.ts',
      "import { type A } from '../graph/a.ts'",
      ':1: data may import only types of graph (../graph/a.ts): write "import type"',
    ],
    [
      'src/protocol/a.ts',
      "import type { A } from '../ir/a.ts'",
      ':1: protocol may not import ir (../ir/a.ts); it may import types of graph',
    ],
    ['src/data/a.ts', "import a from '../../scripts/a.mjs'", ':1: ../../scripts/a.mjs is outside src'],
    [
      'src/data/a.ts',
      "import a from 'left-pad'",
      ':1: left-pad is not among the dependencies of package.json',
    ],
    ['src/data/a.ts', "import a from 'vite'", ':1: vite is not among the dependencies of package.json'],
    [
      'src/data/a.ts',
      "import a from '@scope/other/file.js'",
      ':1: @scope/other is not among the dependencies of package.json',
    ],
    [
      'src/data/a.ts',
      "require.resolve('left-pad/package.json')",
      ':1: left-pad is not among the dependencies of package.json',
    ],
    [
      'src/nn/a.ts',
      "import { z } from 'zod'",
      ':1: nn may not import the package zod; it may import nothing',
    ],
    [
      'src/nodes/x/a.ts',
      "import koffi from 'koffi'",
      ':1: nodes may not import the package koffi; it may import zod',
    ],
    ['src/graph/a.ts', "import { join } from 'node:path'", ':1: graph is pure: it may not use node:path'],
    ['src/graph/a.ts', "import { join } from 'path'", ':1: graph is pure: it may not use path'],
    ['src/ir/a.ts', '\n\nexport const a = Buffer.alloc(1)', ':3: ir is pure: it may not use Buffer'],
    ['src/ir/a.ts', 'export const a = process.env', ':1: ir is pure: it may not use process.'],
    [
      'src/cli/a.ts',
      'const a = await import(name)',
      ':1: the name of an imported module must be written out',
    ],
    [
      'src/cli/a.ts',
      `const a = await import(\`./\${name}.ts\`)`,
      ':1: the name of an imported module must be written out',
    ],
    ['src/extra/a.ts', '', ': not in a layer of src'],
    ['src/a.ts', '', ': not in a layer of src'],
    ['src/ir/a.ts', 'a\n'.repeat(401), ': 401 lines; one thing a file, at most 400 lines'],
    ['scripts/a.mjs', 'a\n'.repeat(401), ': 401 lines; one thing a file, at most 400 lines'],
  ])('%s: %j fails', (path, text, problem) => {
    expect(lint({ [path]: text })).toEqual([path + problem])
  })

  test('400 lines are enough', () => {
    expect(lint({ 'src/ir/a.ts': 'a\n'.repeat(400) })).toEqual([])
  })

  test('the table has no cycle', () => {
    const done = new Set<string>()
    const visit = (layer: string, path: string[]): void => {
      expect(path, `a cycle through ${layer}`).not.toContain(layer)
      const { imports, types = [] } = LAYERS[layer]!
      if (!done.has(layer)) for (const to of [...imports, ...types]) visit(to, [...path, layer])
      done.add(layer)
    }
    for (const layer of Object.keys(LAYERS)) visit(layer, [])
  })

  test('this project is looked at', () => {
    expect(lintLayers(root).files).toBeGreaterThan(20)
  })
})

describe('findImports', () => {
  test('reads every form, over several lines', () => {
    const text = `import a, { b as c } from './1.ts'
import {
  type A, // with a comment
  b,
} from "./2.ts"
import * as d from './3.ts'
import type { B } from './4.ts'
import './5.ts'
export * as e from './6.ts'
export type { C } from './7.ts'
import type from './8.ts'
const f = import('./9.ts')
const g = require("./10.ts")
`
    expect(
      findImports(text).map(({ specifier, typeOnly }) => `${specifier}${typeOnly ? ' type' : ''}`),
    ).toEqual(
      ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'].map(
        n => `./${n}.ts${n === '4' || n === '7' ? ' type' : ''}`,
      ),
    )
    expect(findImports(text)[1]?.line).toBe(2)
  })

  test.each([
    "// import a from './a.ts'",
    "/*\nimport a from './a.ts'\n*/",
    "const a = `\nimport a from './a.ts'\n`",
    `const a = "import('./a.ts')"`,
    "export const from = 'a'",
    "const a = /import('.\\/a.ts')/",
    "loader.import('./a.ts')",
    `const t = \`\${\`}\`}\nimport a from './a.ts'\``,
  ])('takes no text for code: %j', text => {
    expect(findImports(text)).toEqual([])
  })

  test('goes on after what looks like the start of a string, a comment or a template', () => {
    const text = `const a = /['"\`]/.test(b) ? c / d : e / f // it's
const g = \`\${{ a: '}' }} \${1 / 2}\` + "//" + '/*'
import h from './h.ts'
`
    expect(findImports(text)).toEqual([{ line: 3, specifier: './h.ts', typeOnly: false }])
    expect(maskText(text)).toHaveLength(text.length)
  })
})
