import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** A plugin's library in a folder of Python packages. */
export interface PackagedPlugin {
  readonly path: string
  /** The package and its version: `jax-cuda13-pjrt 0.10.2`; without a version where its metadata is missing. */
  readonly package: string
}

const list = (folder: string): string[] => {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

// `jax_plugins` is a namespace package: each plugin puts a folder of its own into it. OpenXLA's wheels do the same
// with `xla_plugins`.
const NAMESPACES = [
  { name: 'jax_plugins', project: (plugin: string) => `${plugin.replace(/^xla_/, 'jax_')}_pjrt` },
  { name: 'xla_plugins', project: (plugin: string) => plugin },
]
const LIBRARY = /^xla_(cuda_plugin|(cpu|cuda)\w*pjrt|pjrt_plugin)\.so$/

/** The XLA plugins among the packages of a `site-packages` folder, or of a wheel that was unpacked. Runs nothing. */
export function packagedPlugins(site: string): PackagedPlugin[] {
  const metadata = list(site).filter(name => name.endsWith('.dist-info'))
  return NAMESPACES.flatMap(({ name, project }) =>
    list(join(site, name)).flatMap(plugin => {
      const prefix = `${project(plugin)}-`
      const version = metadata.find(m => m.startsWith(prefix))?.slice(prefix.length, -'.dist-info'.length)
      const title = project(plugin).replaceAll('_', '-')
      return list(join(site, name, plugin))
        .filter(file => LIBRARY.test(file))
        .map(file => ({
          path: join(site, name, plugin, file),
          package: version ? `${title} ${version}` : title,
        }))
    }),
  )
}

/**
 * The folders that the active Python takes packages from: of `VIRTUAL_ENV`, of `CONDA_PREFIX`, else of the first
 * `python3` on the path, with the user's own. Found by where Pythons keep them; none is run.
 */
export function siteFolders(env: NodeJS.ProcessEnv): string[] {
  const active = [env.VIRTUAL_ENV, env.CONDA_PREFIX].filter((p): p is string => Boolean(p))
  const prefixes = active.length > 0 ? active : [...pythonPrefixes(env), ...userPrefix(env)]
  const folders = prefixes.flatMap(prefix => [
    ...['lib', 'lib64', join('local', 'lib')].flatMap(lib =>
      list(join(prefix, lib))
        .filter(name => /^python3(\.\d+)?$/.test(name))
        .flatMap(name =>
          ['site-packages', 'dist-packages'].map(packages => join(prefix, lib, name, packages)),
        ),
    ),
    // Windows.
    join(prefix, 'Lib', 'site-packages'),
  ])
  return unique(folders.filter(existsSync), f => realpathSync(f))
}

/** Of the folder that `python3` is started from, which a virtual environment links into, and of where it lies. */
function pythonPrefixes({ PATH = '' }: NodeJS.ProcessEnv): string[] {
  const python = PATH.split(delimiter)
    .filter(folder => folder !== '')
    .map(folder => join(folder, 'python3'))
    .find(existsSync)
  return python === undefined ? [] : [python, realpathSync(python)].map(p => dirname(dirname(p)))
}

const userPrefix = ({ HOME }: NodeJS.ProcessEnv): string[] => (HOME ? [join(HOME, '.local')] : [])

const unique = <T, K>(items: readonly T[], key: (item: T) => K): T[] => [
  ...new Map(items.map(item => [key(item), item])).values(),
]
