import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findImports, maskText } from './lint/imports.mjs'
import { LAYERS, MAX_LINES } from './lint/layers.mjs'
import { listFiles } from './setup/code-hashes.mjs'
import { projectRoot } from './setup/paths.mjs'

const SOURCES = ['.ts', '.tsx', '.mts', '.js', '.mjs', '.jsx']
const NODE_GLOBAL = /(?<![.\w$])(process\.|Buffer\b(?=[.(])|__dirname\b|__filename\b|globalThis\.process\b)/g

const layerOf = path => path.split('/')[1]
const lineOf = (text, at) => text.slice(0, at).split('\n').length
const listed = names => (names.length > 0 ? names.join(', ') : 'nothing')

/** Why this layer may not have this import of a project file, or undefined. */
function refuseFile(layer, { specifier, typeOnly }, path) {
  const target = posix.join(posix.dirname(path), specifier)
  if (!target.startsWith('src/')) return `${specifier} is outside src`
  const to = layerOf(target)
  const { imports, types = [] } = LAYERS[layer]
  if (to === layer || imports.includes(to)) return undefined
  if (types.includes(to)) {
    return typeOnly
      ? undefined
      : `${layer} may import only types of ${to} (${specifier}): write "import type"`
  }
  const allowed = listed([...imports, ...types.map(name => `types of ${name}`)])
  return `${layer} may not import ${to} (${specifier}); it may import ${allowed}`
}

/** Why this layer may not have this import of a package or a built-in module, or undefined. */
function refusePackage(layer, { specifier }, dependencies) {
  const { pure, packages, provided = [] } = LAYERS[layer]
  if (isBuiltin(specifier)) return pure ? `${layer} is pure: it may not use ${specifier}` : undefined
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  if (packages && !packages.includes(name)) {
    return `${layer} may not import the package ${name}; it may import ${listed(packages)}`
  }
  if (provided.includes(name)) return undefined
  return dependencies.has(name) ? undefined : `${name} is not among the dependencies of package.json`
}

function checkSource(path, text, dependencies) {
  const layer = layerOf(path)
  if (path.split('/').length < 3 || !LAYERS[layer]) return [`${path}: not in a layer of src`]
  const problems = findImports(text).map(found => {
    const { specifier, line } = found
    let problem
    if (specifier === undefined) problem = 'the name of an imported module must be written out'
    else if (/^\.{0,2}\//.test(specifier)) problem = refuseFile(layer, found, path)
    else problem = refusePackage(layer, found, dependencies)
    return problem && `${path}:${line}: ${problem}`
  })
  if (LAYERS[layer].pure) {
    for (const match of maskText(text).matchAll(NODE_GLOBAL)) {
      problems.push(`${path}:${lineOf(text, match.index)}: ${layer} is pure: it may not use ${match[1]}`)
    }
  }
  return problems.filter(Boolean)
}

function checkLength(path, text) {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  return lines > MAX_LINES ? [`${path}: ${lines} lines; one thing a file, at most ${MAX_LINES} lines`] : []
}

/**
 * Checks that every import under `src` goes downwards, and that files are short.
 *
 * @param {string} root the folder of package.json
 * @returns {{files: number, problems: string[]}}
 */
export function lintLayers(root) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const dependencies = new Set(Object.keys(manifest.dependencies ?? {}))
  const sources = listFiles(root, 'src', SOURCES)
  const scripts = existsSync(join(root, 'scripts')) ? listFiles(root, 'scripts', SOURCES) : []
  const problems = []
  for (const path of [...sources, ...scripts]) {
    const text = readFileSync(join(root, path), 'utf8')
    if (path.startsWith('src/')) problems.push(...checkSource(path, text, dependencies))
    problems.push(...checkLength(path, text))
  }
  return { files: sources.length + scripts.length, problems }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { files, problems } = lintLayers(projectRoot)
  for (const problem of problems) console.log(problem)
  console.log(problems.length > 0 ? `${problems.length} problems` : `${files} files keep to their layers`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
