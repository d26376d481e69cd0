import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'

const sha256 = data => createHash('sha256').update(data).digest('hex')

/** Files under a folder, as sorted paths with forward slashes that start with the folder's own. */
export function listFiles(root, folder, extensions) {
  let names
  try {
    names = readdirSync(join(root, folder), { recursive: true })
  } catch {
    return []
  }
  const paths = names.map(name => `${folder}/${name.replaceAll('\\', '/')}`)
  return paths.filter(path => extensions.some(end => path.endsWith(end))).sort()
}

/** The files whose results are cached under their own code: nodes, readers, the services that nodes call. */
export const hashedFiles = root =>
  ['src/nodes', 'src/data', 'src/engine/services']
    .flatMap(folder => listFiles(root, folder, ['.ts']))
    .filter(path => !path.endsWith('.d.ts'))

/** `@scope/name/file` → `@scope/name`. */
const packageOf = specifier =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/**
 * Hashes each file together with all project files that it imports, directly or not, and the versions of the
 * packages that they import. Types are not code: an `import type` doesn't count.
 *
 * @param {string} root
 * @param {string[]} files
 * @param {Record<string, {imports: {path: string, external?: boolean}[]}>} inputs esbuild's metafile
 * @returns {Record<string, string>} file → SHA-256
 */
export function codeHashes(root, files, inputs) {
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const contents = new Map()
  const contentHash = path => {
    if (!contents.has(path)) contents.set(path, sha256(readFileSync(join(root, path))))
    return contents.get(path)
  }
  const closure = start => {
    const seen = new Set([start])
    const packages = new Set()
    for (const path of seen) {
      for (const imported of inputs[path]?.imports ?? []) {
        if (!imported.external) seen.add(imported.path)
        else if (!isBuiltin(imported.path)) packages.add(packageOf(imported.path))
      }
    }
    const versions = [...packages].map(name => `${name}@${locked[`node_modules/${name}`]?.version}`)
    return [...[...seen].map(path => `${path} ${contentHash(path)}`), ...versions].sort()
  }
  return Object.fromEntries(files.map(file => [file, sha256(closure(file).join('\n'))]))
}
